import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from emc import schemas
from emc.cli import COMMANDS, emc
from emc.cli.canvas import canvas as group
from emc.files.canvas import load
from tests import screens
from tests.canvas.kit import BREAKFAST_BOX, SMALL, SMART_COOKING, with_, write


def run(*arguments: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(emc, list(arguments))


def test_help_lists_every_command_without_importing_one() -> None:
    script = (
        "import sys; from emc.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('pydantic', 'rich', 'ruamel', 'ape', 'web3', 'eth_utils') "
        "if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("[]\n")
    for name, text in COMMANDS.items():
        assert name in done.stdout
        assert text.split()[0] in done.stdout


@pytest.mark.parametrize("name", ["check", "show", "draw"])
def test_every_command_shows_an_example(name: str) -> None:
    result = run("canvas", name, "--help")
    assert result.exit_code == 0
    assert f"Example: emc canvas {name}" in result.stdout
    assert isinstance(group.commands[name], click.Command)


def test_an_unknown_command_is_refused() -> None:
    result = run("canvass")
    assert result.exit_code == 2
    assert "No such command 'canvass'. Did you mean canvas?" in result.stderr
    assert "No such command 'chek'. Did you mean check?" in run("canvas", "chek").stderr
    assert run("canvas", "xyzzy").stderr.endswith("No such command 'xyzzy'.\n")


def test_a_group_cuts_nothing_of_what_its_commands_are_for() -> None:
    groups = {
        name: command
        for name in COMMANDS
        if isinstance(command := emc.get_command(click.Context(emc), name), click.Group)
    }
    assert {"canvas", "audit", "renegotiate"} <= groups.keys()
    for name, command in groups.items():
        said = " ".join(run(name, "--help").stdout.split())
        for inner in command.commands.values():
            first = " ".join((inner.help or "").split("\n\n")[0].split())
            assert first.partition(". ")[0].removesuffix(".") in said, (name, inner.name)


def test_check_says_ok_with_the_hash(tmp_path: Path) -> None:
    result = run("canvas", "check", str(write(tmp_path, SMALL)))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "ok: Picnic",
        "  rows          3 nodes, 1 beneficiary, led by Baker",
        "  leading goal  2,000.00 EUR of proceeds, benchmark 1,000.00 EUR",
        "  gate          benchmark",
        "  costs         20% of every sale, covers of 100.00 EUR",
        "  time          from now, goal due 60d, end 90d",
        f"  canvas hash   0x{load(write(tmp_path, SMALL)).hash().hex()}",
    ]
    assert result.stderr == ""


def test_check_lists_all_problems_on_stderr_and_fails(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("kind: experience", "kind: shop"), ("sink: lake", "sink: sea")))
    result = run("canvas", "check", str(path))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"Error: {path}: 2 problems",
        "  line 4: kind: 'shop' is unknown; write 'experience' or 'solution'",
        "  line 41: sink: no row has the key 'sea'; name the key of a row",
        "Hint: `emc schema canvas` has every field and what may stand there",
    ]


def test_check_answers_machines_with_every_problem(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("key: cook", "key: baker")))
    result = run("canvas", "check", str(path), "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "ok": False,
        "problems": [
            {
                "line": 24,
                "path": ["nodes", 1, "key"],
                "where": "nodes[1].key",
                "message": "'baker' is also nodes[0].key",
                "hint": "give each row its own key",
            }
        ],
    }


def test_check_answers_machines_when_all_is_well() -> None:
    result = run("canvas", "check", str(SMART_COOKING), "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["ok"] is True
    assert answer["hash"] == f"0x{load(SMART_COOKING).hash().hex()}"


def test_check_looks_at_the_clock(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("start: now", "start: 2020-01-01T00:00:00Z")))
    result = run("canvas", "check", str(path))
    assert result.exit_code == 1
    assert "line 14: end: is in the past" in result.stderr


@pytest.mark.parametrize("command", ["check", "show"])
def test_a_file_that_is_not_there_is_an_error_with_a_hint(tmp_path: Path, command: str) -> None:
    result = run("canvas", command, str(tmp_path / "nowhere.yaml"))
    assert result.exit_code == 1
    assert "nowhere.yaml: No such file or directory" in result.stderr
    assert "Hint: name a file that can be read" in result.stderr
    assert "Traceback" not in result.stderr


def test_show_prints_rows_entitlements_and_totals_that_tie() -> None:
    result = run("canvas", "show", str(BREAKFAST_BOX))
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [" ".join(line.split()) for line in lines if line.startswith(("1  Co", "   tot"))] == [
        "1 Courtyard roastery coffee and fruit 20% - 35% 25% 25% 25% 15% 0.00",
        "total 100% 100% 100% 55% 1,500.00",
    ]
    assert "row                 at 10,000  held back  at 20,000  at 30,000  at 45,000" in lines
    # 30 % of 10,000 and the cover of 900; 40 % of the 3,000 left is held
    assert "Corner bakery        3,900.00   1,200.00   9,900.00  14,610.00  21,540.00" in lines
    assert "total                7,000.00   3,000.00  20,000.00  30,000.00  45,000.00" in lines
    assert "10,000.00 = 7,000.00 flows + 3,000.00 held + 0.00 rounding (gate closed)" in lines


def test_show_computes_at_the_proceeds_asked_for() -> None:
    result = run("canvas", "show", str(BREAKFAST_BOX), "--at", "19,999.99", "--at", "0", "--json")
    assert result.exit_code == 0
    last, none = json.loads(result.stdout)["levels"]
    assert last["proceeds"] == "19999.99"
    assert last["is_gate_open"] is False
    cents = sum(
        int(row[part].replace(".", "")) for row in last["rows"] for part in ("flows", "held")
    )
    assert cents + int(last["dust"].replace(".", "")) == 1_999_999
    assert 0 < int(last["dust"].replace(".", "")) < 6
    assert all(row["flows"] == row["held"] == "0.00" for row in none["rows"])


def test_show_refuses_proceeds_that_are_no_amount() -> None:
    result = run("canvas", "show", str(BREAKFAST_BOX), "--at", "much")
    assert result.exit_code == 1
    assert "Error: 'much' is not an amount" in result.stderr
    assert "Hint: write a number such as 1250.50" in result.stderr


def test_show_names_every_row_of_the_large_canvas() -> None:
    result = run("canvas", "show", str(SMART_COOKING))
    assert result.exit_code == 0
    for row in load(SMART_COOKING).rows:
        assert result.stdout.count(row.name) >= 2
    assert "\x1b" not in result.stdout


def test_markup_in_a_canvas_is_printed_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("title: Picnic", "title: '[bold red]Picnic[/] {x}'")))
    for command in ("check", "show"):
        assert "[bold red]Picnic[/] {x}" in run("canvas", command, str(path)).stdout
    broken = write(tmp_path, with_(("kind: experience", "kind: '[red]{x}'")))
    assert "'[red]{x}' is unknown" in run("canvas", "check", str(broken)).stderr


def test_a_terminal_gets_a_frame_and_a_pipe_gets_none() -> None:
    command = [sys.executable, "-c", "from emc.cli import main; main()"]
    command += ["canvas", "show", str(BREAKFAST_BOX)]
    main_end, terminal = pty.openpty()
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    with subprocess.Popen(command, stdout=terminal, env=environment) as process:
        os.close(terminal)
        shown = b""
        while chunk := _read(main_end):
            shown += chunk
        assert process.wait() == 0
    os.close(main_end)
    assert "─" in shown.decode()
    assert "Courtyard roastery" in shown.decode()
    assert "─" not in run("canvas", "show", str(BREAKFAST_BOX)).stdout


def test_a_narrow_terminal_gets_the_hash_whole_and_indented(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = screens.Terminal()
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "stdout", out)
    emc(["canvas", "check", str(BREAKFAST_BOX)], standalone_mode=False)
    name, value = out.getvalue().splitlines()[-2:]
    assert name == "  canvas hash"
    assert re.fullmatch(r"    0x[0-9a-f]{64}", value)


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:
        # the other end is closed
        return b""


def test_schema_prints_what_is_published() -> None:
    result = run("schema", "canvas")
    assert result.exit_code == 0
    assert result.stdout == schemas.text("canvas")
