"""What the test processes write for each other is what pytest reads."""

from argparse import Namespace
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

from tests.rewriting import write_share


def test_each_process_writes_other_files_and_pytest_reads_them(
    tmp_path: Path, pytestconfig: pytest.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    files = [tmp_path / f"test_{name}.py" for name in "abcde"]
    for path in files:
        path.write_text("def test_it():\n    assert 1 == 2\n")
    (tmp_path / "helper.py").write_text("assert True\n")
    config = Namespace(args=[str(tmp_path)], stash=pytestconfig.stash, getini=pytestconfig.getini)

    def written() -> list[str]:
        kept = {
            path: rewrite.get_cache_dir(path) / f"{path.stem}{rewrite.PYC_TAIL}" for path in files
        }
        return [path.stem for path in files if rewrite._read_pyc(path, kept[path])]

    write_share(config, 1, 2)
    assert written() == ["test_b", "test_d"]
    write_share(config, 0, 2)
    assert written() == [path.stem for path in files]
    # one that was changed since is written again
    files[0].write_text("def test_it():\n    assert 1 == 3 or 4\n")
    assert "test_a" not in written()
    write_share(config, 0, 2)
    assert "test_a" in written()
    assert len(list(tmp_path.rglob("*.pyc"))) == len(files)
