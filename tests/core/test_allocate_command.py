"""`emc allocate`: what it reads, what it answers, and what it refuses."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emc.cli import emc
from emc.core.limits import MAX_ROWS
from emc.core.units import parse_part
from emc.files.canvas import load
from tests.canvas.kit import BREAKFAST_BOX, SMALL, SMART_COOKING, with_

BOX = str(BREAKFAST_BOX)
NODES_LINE = BREAKFAST_BOX.read_text().splitlines().index("nodes:") + 1
HOURS = """\
key,note,contribution,lower,upper
bakery,"ovens, and one hand",120.5,30,
roastery,,80,,20%
couriers,,"1,000",25,45
"""
ROWS = """\
rows:
  - {key: bakery, contribution: 120.5, lower: 30}
  - {key: roastery, contribution: 80, upper: 20%}
  - {key: couriers, contribution: "1,000", lower: 25, upper: 45}
"""


def run(*arguments: str) -> Result:
    result = CliRunner(mix_stderr=False).invoke(emc, ["allocate", *arguments])
    assert "Traceback" not in result.stderr
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def write(folder: Path, text: str, name: str = "rows.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def refusal(*arguments: str) -> list[str]:
    """What is said of arguments that are refused, line by line."""
    result = run(*arguments)
    assert result.exit_code == 1
    assert result.stdout == ""
    return result.stderr.splitlines()


def test_a_canvas_gives_the_bounds_and_the_command_line_the_contributions() -> None:
    result = run(BOX, "--weight", "bakery=120", "-w", "roastery=8", "-w", "couriers=1,000.25")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.splitlines() == [
        "row       contribution  lower  share  upper  at bound",
        "bakery          120.00    30%    35%    50%",
        "roastery          8.00    20%    20%    35%  lower",
        "couriers      1,000.25    25%    45%    45%  upper",
        "total         1,128.25    75%   100%   130%",
        "",
        "rate: 0.291667% for one unit of contribution, exactly 7/2400 of the whole",
    ]


@pytest.mark.parametrize(("name", "text"), [("hours.csv", HOURS), ("rows.yaml", ROWS)])
def test_a_list_of_rows_gives_both(tmp_path: Path, name: str, text: str) -> None:
    result = run(write(tmp_path, text, name), "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "rows": [
            {
                "key": "bakery",
                "contribution": "120.5",
                "lower": "30",
                "share": "35",
                "upper": "100",
                "share_ppm": 350_000,
                "at": None,
            },
            {
                "key": "roastery",
                "contribution": "80",
                "lower": "0",
                "share": "20",
                "upper": "20",
                "share_ppm": 200_000,
                "at": "upper",
            },
            {
                "key": "couriers",
                "contribution": "1000",
                "lower": "25",
                "share": "45",
                "upper": "45",
                "share_ppm": 450_000,
                "at": "upper",
            },
        ],
        "rate": "7/2410",
        "sum": "100",
    }


def test_shares_with_decimals_sum_to_the_whole_and_can_go_into_a_canvas(tmp_path: Path) -> None:
    weights = ("-w", "bakery=1", "-w", "roastery=1", "-w", "couriers=1")
    answer = json.loads(run(BOX, *weights, "--json").stdout)
    shares = [row["share"] for row in answer["rows"]]
    assert shares == ["33.3334", "33.3333", "33.3333"]
    assert [parse_part(share) for share in shares] == [row["share_ppm"] for row in answer["rows"]]
    text = BREAKFAST_BOX.read_text()
    for share, old in zip(shares, ("base: 40", "all: 25", "base: 35"), strict=True):
        assert old in text
        text = text.replace(old, f"{old.split(':')[0]}: {share}", 1)
    for share, old in zip(shares[::2], ("38, upside: 36", "37, upside: 39"), strict=True):
        assert old in text
        text = text.replace(old, f"{share}, upside: {share}", 1)
    assert sum(row.share.base for row in load(write(tmp_path, text)).rows) == 1_000_000


def test_the_command_line_has_the_last_word(tmp_path: Path) -> None:
    path = write(tmp_path, HOURS, "hours.csv")
    contributions = write(tmp_path, "key,contribution\nbakery,7\ncouriers,8\n", "other.csv")
    given = ("--contributions", contributions, "-w", "couriers=9")
    rows = json.loads(run(path, *given, "--json").stdout)["rows"]
    assert [row["contribution"] for row in rows] == ["7", "80", "9"]


def test_contributions_of_a_large_canvas_come_from_a_file(tmp_path: Path) -> None:
    keys = [row.key for row in load(SMART_COOKING).rows]
    lines = [f"{key},{index}" for index, key in enumerate(keys, start=1)]
    path = write(tmp_path, "\n".join(["key,contribution", *lines]), "hours.csv")
    answer = json.loads(run(str(SMART_COOKING), "--contributions", path, "--json").stdout)
    assert [row["key"] for row in answer["rows"]] == keys
    assert sum(row["share_ppm"] for row in answer["rows"]) == 1_000_000
    assert answer["sum"] == "100"


def test_a_row_whose_bounds_are_the_same_needs_no_contribution(tmp_path: Path) -> None:
    # the beneficiary of this canvas has a fixed share of 5 %
    result = run(write(tmp_path, SMALL), "-w", "baker=5", "-w", "cook=3", "-w", "rider=2", "--json")
    lake = json.loads(result.stdout)["rows"][3]
    assert (lake["key"], lake["contribution"], lake["share"], lake["at"]) == (
        "lake",
        "0",
        "5",
        "both",
    )


def test_a_canvas_may_be_unfinished(tmp_path: Path) -> None:
    draft = "nodes:\n  - {key: oven, share: {lower: 40, upper: 70}}\n  - {key: food, share: 40}\n"
    result = run(write(tmp_path, draft), "-w", "oven=1", "--json")
    assert [row["share"] for row in json.loads(result.stdout)["rows"]] == ["60", "40"]


def test_rates_are_given_for_the_unit_that_people_write() -> None:
    whole = run(BOX, "-w", "bakery=12", "-w", "roastery=8", "-w", "couriers=10", "--json")
    parts = run(BOX, "-w", "bakery=.12e2", "-w", "roastery=8", "-w", "couriers=10", "--json")
    assert parts.exit_code == 1
    cents = run(BOX, "-w", "bakery=0.12", "-w", "roastery=0.080", "-w", "couriers=0.1", "--json")
    assert json.loads(whole.stdout)["rate"] == "1/30"
    assert json.loads(cents.stdout)["rate"] == "10/3"


def test_help_shows_examples() -> None:
    result = run("--help")
    assert result.exit_code == 0
    assert "Examples:\n    emc allocate canvases/breakfast-box.yaml -w bakery=120" in result.stdout


def test_contributions_that_are_missing_are_named() -> None:
    assert refusal(BOX, "-w", "roastery=1", "-w", "couriers=0") == [
        f"Error: {BOX}: 1 problem",
        f"  line {NODES_LINE + 1}: nodes[0]: nothing says what bakery contributes; add --weight "
        "bakery=NUMBER, 0 if it contributes nothing, or name a file with --contributions",
    ]
    said = refusal(str(SMART_COOKING))
    assert said[0] == f"Error: {SMART_COOKING}: 1 problem"
    assert "platform, steaming-oven, smart-kitchen and 52 more contribute;" in said[1]


def test_what_cannot_be_shared_out_is_refused_in_numbers() -> None:
    assert refusal(BOX, "-w", "bakery=0", "-w", "roastery=0", "-w", "couriers=1") == [
        f"Error: {BOX}: 1 problem",
        f"  line {NODES_LINE}: nodes: rows without a contribution ('bakery', 'roastery') stay at "
        "their lower bounds, together 50%, and the others can get 45% at most: 5% is left over; "
        "give them a contribution, or add 5% to their lower bounds or to the upper bounds of the "
        "others",
    ]


def test_bounds_that_cannot_be_kept_are_refused_in_a_canvas_too(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("lower: 20, upper: 40", "lower: 70, upper: 80")))
    assert refusal(path, "-w", "baker=1", "-w", "cook=1", "-w", "rider=1") == [
        f"Error: {path}: 1 problem",
        "  line 15: nodes: lower bounds sum to 115%, 15% too much: no shares can keep them; take "
        "15% off them together; the highest is 'cook' with 70%",
    ]


def test_bounds_that_cross_are_refused_where_a_canvas_has_them(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("lower: 20, upper: 40", "lower: 40, upper: 20")))
    assert refusal(path, "-w", "baker=1", "-w", "cook=1", "-w", "rider=1") == [
        f"Error: {path}: 1 problem",
        "  line 29: nodes[1].share.lower: 'cook' has the lower bound 40% above its upper bound "
        "20%; swap them",
    ]


def test_everything_that_is_wrong_with_rows_is_said_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "rows:\n"
        "  - {key: oven, contribution: 1, lower: 30, upper: 20}\n"
        "  - {key: food, upper: 50}\n"
        "  - {key: oven, contribution: 1}\n",
    )
    assert refusal(path) == [
        f"Error: {path}: 3 problems",
        "  line 2: rows[0].lower: 'oven' has the lower bound 30% above its upper bound 20%; swap "
        "them",
        "  line 3: rows[1]: nothing says what food contributes; add --weight food=NUMBER, 0 if it "
        "contributes nothing, or name a file with --contributions",
        "  line 4: rows[2].key: 'oven' is the key of rows 0 and 2; give each row its own key",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "rows: [{key: oven, contribution: many}]",
            "line 1: rows[0].contribution: 'many' is not an amount; write digits such as 1250.50 "
            "or 10,000,000",
        ),
        (
            "rows: [{key: oven, contribution: -1}]",
            "line 1: rows[0].contribution: '-1' is not an amount; write digits such as 1250.50 or "
            "10,000,000",
        ),
        (
            "rows: [{key: oven, contribution: 1, lower: 0.00001}]",
            "line 1: rows[0].lower: '0.00001' has too many decimals; use at most four decimals of "
            "a percent",
        ),
        (
            "rows: [{key: oven, contribution: 1, uper: 10}]",
            "line 1: rows[0].uper: is not a field here; did you mean upper?",
        ),
        (
            "row: []",
            "line 1: rows: is missing; it says: one entry for each row, with key, contribution, "
            "lower and upper",
        ),
        ("rows: []", "line 1: rows: has 0, and needs at least 1; add what is missing"),
        (
            "nodes:\n  - {key: oven, share: {all: 50}}",
            "line 2: nodes[0].share.lower: is missing; it says: least share, in percent",
        ),
        ("nodes: []", "line 1: nodes: has 0, and needs at least 1; add what is missing"),
        ("rows: [&a {key: oven}, *a]", "line 1: rows[1]: refers to another place with *; "),
        ("[1, 2]", "line 1: the file holds no fields; "),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_line_and_field(
    tmp_path: Path, text: str, said: str
) -> None:
    path = write(tmp_path, text)
    lines = refusal(path)
    assert lines[0].startswith(f"Error: {path}: ")
    assert any(line.startswith(f"  {said}") for line in lines[1:])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["line 1: the column key is missing"]),
        ("key,contribution,lower\n", ["line 1: the column upper is missing"]),
        ("key,contribution,lower,upper,KEY\n", ["line 1: the column key is twice"]),
        (
            "key,contribution,lower,upper\noven,1,,\n\nfood,1\nrider,1,,,\n",
            [
                "2 problems",
                "  line 4: rows[1]: has 2 cells; the first line has 4 columns",
                "  line 5: rows[2]: has 5 cells; the first line has 4 columns",
            ],
        ),
        (
            "key,contribution,lower,upper\noven,=1+1,,\nThe oven,1,,101\n",
            [
                "3 problems",
                "  line 2: rows[0].contribution: '=1+1' is not an amount; write digits such as "
                "1250.50 or 10,000,000",
                "  line 3: rows[1].key: 'The oven' is not written as it must be; it is: a short "
                "word, once per file: small letters, digits, hyphens",
                "  line 3: rows[1].upper: '101' is not a percentage between 0 and 100; write a "
                "number such as 12.5",
            ],
        ),
    ],
)
def test_a_csv_file_that_cannot_be_used_is_refused_by_line(
    tmp_path: Path, text: str, said: list[str]
) -> None:
    path = write(tmp_path, text, "hours.csv")
    lines = refusal(path)
    assert lines[: len(said)] == [f"Error: {path}: {said[0]}", *said[1:]]


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    for name in ("nowhere.csv", "nowhere.yaml"):
        assert refusal(str(tmp_path / name)) == [
            f"Error: {tmp_path / name}: No such file or directory",
            "Hint: name a file that can be read",
        ]
    assert refusal(BOX, "--contributions", str(tmp_path))[0] == f"Error: {tmp_path}: Is a directory"
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfekey")
    assert "binary.csv cannot be read: 'utf-8'" in refusal(str(tmp_path / "binary.csv"))[0]
    large = write(tmp_path, "key,contribution,lower,upper\n" + "\n" * 2**20, "large.csv")
    assert refusal(large)[0] == f"Error: {large} cannot be read: the file is larger than 1 MiB"
    cell = write(tmp_path, f"key,{'x' * 140_000}\n", "cell.csv")
    assert "field larger than field limit" in refusal(cell)[0]


@pytest.mark.parametrize("count", [MAX_ROWS, MAX_ROWS + 1])
def test_a_table_holds_a_limited_number_of_rows(tmp_path: Path, count: int) -> None:
    keys = [f"row-{index}" for index in range(count)]
    nodes = "".join(f"  - {{key: {key}, share: {{lower: 0, upper: 100}}}}\n" for key in keys[1:])
    fund = f"  - {{key: {keys[0]}, share: {{lower: 0, upper: 100}}}}\n"
    canvas = write(tmp_path, f"nodes:\n{nodes}beneficiaries:\n{fund}")
    given = [word for key in keys for word in ("-w", f"{key}=1")]
    if count == MAX_ROWS:
        rows = json.loads(run(canvas, *given, "--json").stdout)["rows"]
        assert {row["share_ppm"] for row in rows} == {1_000_000 // MAX_ROWS}
    else:
        assert refusal(canvas, *given)[1] == (
            "  line 1: has 65 rows, a table holds 64; shorten the list"
        )


@pytest.mark.parametrize(
    ("weights", "said"),
    [
        (("bakery",), ["--weight 'bakery' is not KEY=NUMBER", "write for example bakery=120"]),
        (("=3",), ["--weight '=3' is not KEY=NUMBER", "write for example bakery=120"]),
        (("bakery=1", "bakery=2"), ["--weight gives 'bakery' twice", "keep one of them"]),
        (
            ("bakery=-1",),
            [
                "--weight 'bakery=-1': '-1' is not a contribution",
                "write digits such as 120, 37.5 or 12,000",
            ],
        ),
        (("bakry=1",), ["--weight: FILE has no row 'bakry'", "did you mean bakery?"]),
        (
            ("x\x1b=1",),
            ["--weight: FILE has no row 'x\\\\x1b'", "its rows are bakery, roastery, couriers"],
        ),
    ],
)
def test_a_contribution_on_the_command_line_that_cannot_be_used_is_refused(
    weights: tuple[str, ...], said: list[str]
) -> None:
    given = [word for weight in weights for word in ("-w", weight)]
    assert refusal(BOX, *given) == [f"Error: {said[0]}", f"Hint: {said[1]}"]


def test_a_file_of_contributions_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "key,contribution\nbakery,1\nbakery,2\nfood,x\n", "hours.csv")
    assert refusal(BOX, "--contributions", path) == [
        f"Error: {path}: 1 problem",
        "  line 4: rows[2].contribution: 'x' is not an amount; write digits such as 1250.50 or "
        "10,000,000",
    ]
    path = write(tmp_path, "key,contribution\nbakery,1\nbakery,2\n", "hours.csv")
    assert refusal(BOX, "--contributions", path) == [
        f"Error: {path}: 1 problem",
        "  line 3: rows[1].key: 'bakery' is there twice; keep one",
    ]
    path = write(tmp_path, "key,contribution\nbakery,1\nfood,\nbakers,2\n", "hours.csv")
    assert refusal(BOX, "--contributions", path) == [
        f"Error: {path}: FILE has no row 'bakers'",
        "Hint: did you mean bakery?",
    ]


def test_nothing_that_is_printed_steers_a_terminal(tmp_path: Path) -> None:
    path = write(tmp_path, "key,contribution\nbakers,2\n", "\x1bhours.csv")
    assert "\x1b" not in "".join(refusal(BOX, "--contributions", path))
    path = write(tmp_path, "key,contribution\n\x1b,2\n", "hours.csv")
    assert "\x1b" not in "".join(refusal(BOX, "--contributions", path))


def test_an_empty_contribution_in_a_file_is_none(tmp_path: Path) -> None:
    path = write(tmp_path, "key,contribution\nbakery,1\nroastery,\ncouriers,1\n", "hours.csv")
    said = refusal(BOX, "--contributions", path)
    assert "nothing says what roastery contributes" in said[1]
    assert run(BOX, "--contributions", path, "-w", "roastery=1").exit_code == 0
