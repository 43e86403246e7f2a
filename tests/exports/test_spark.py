"""A distributed engine reads the Parquet layout as it is, and finds the same totals."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from emc.audit.read.store import open_store
from emc.cli import emc

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "spark" / "bin" / "python"

# what somebody with a cluster would ask, of all partitions together
READ = """
import json, sys
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[2]").appName("emc").config("spark.ui.enabled", "false")
    .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
    .config("spark.sql.sources.partitionColumnTypeInference.enabled", "false").getOrCreate()
)
spark.sparkContext.setLogLevel("ERROR")
for name in ("ledger", "payments", "payouts", "standings"):
    spark.read.parquet(f"{sys.argv[1]}/{name}").createOrReplaceTempView(name)
asked = json.loads(sys.argv[2])
print(json.dumps([[list(map(str, row)) for row in spark.sql(each).collect()] for each in asked]))
"""
QUESTIONS = (
    "SELECT emc, kind, count(*), sum(amount) FROM ledger GROUP BY emc, kind ORDER BY emc, kind",
    "SELECT emc, count(*), sum(amount) FROM payments GROUP BY emc ORDER BY emc",
    "SELECT emc, count(*), max(total) FROM payouts GROUP BY emc ORDER BY emc",
    "SELECT emc, row_id, earned, paid, credit FROM standings ORDER BY emc, row_id",
)


@pytest.mark.deep
def test_spark_finds_the_totals_of_the_store(store_file: Path, tmp_path: Path) -> None:
    if shutil.which("java") is None:
        pytest.skip("Spark needs Java, which is not on PATH")
    if not PYTHON.exists():
        pytest.skip("Spark is not installed: make .venv/spark/run")
    lake = tmp_path / "lake"
    command = ["audit", "export", "--format", "parquet", "--out", str(lake)]
    assert CliRunner().invoke(emc, [*command, "--store", str(store_file)]).exit_code == 0
    found = subprocess.run(
        [str(PYTHON), "-c", READ, str(lake), json.dumps(QUESTIONS)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env={**os.environ, "PYSPARK_PYTHON": str(PYTHON)},
    )
    read = json.loads(found.stdout.splitlines()[-1])
    with open_store(store_file) as db:
        ours = [
            [[str(value) for value in line] for line in db.execute(each).fetchall()]
            for each in QUESTIONS
        ]
    assert read == ours
    assert all(len(each) > 2 for each in read)
