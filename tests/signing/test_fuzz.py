"""Files from strangers never end in a traceback, a steered terminal, or a file half written."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from emc.cli import emc
from emc.cli.shared import output
from emc.core import orders
from emc.core.units import Currency
from emc.errors import EMCError
from emc.files import json_file, order_file, signature_files
from tests.canvas import kit as canvases
from tests.profiles import effort
from tests.signing import kit

EUR = Currency("EUR", 2)
HOSTILE = st.sampled_from(
    [
        "\x1b[2J\x1b]0;owned\x07",
        "\x9b31m",
        "\u202egnp.exe",
        "\u2028",
        "[bold]x[/bold]",
        "=cmd|' /C calc'!A0",
        "A" * 5_000,
        "0x" + "f" * 64,
        "-1",
        "1e999",
        "NaN",
        "\x00",
    ]
)
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-(2**300), 2**300),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=30),
        HOSTILE,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


def run(folder: Path, *words: str) -> str:
    """A command in words: it answers or refuses, steers nothing and leaves nothing behind."""
    before = {path.name for path in folder.iterdir()}
    result = CliRunner().invoke(emc, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2)
    assert all(char.isprintable() or char == "\n" for char in result.output), result.output
    after = {path.name for path in folder.iterdir()} - before
    assert not {name for name in after if name.startswith(".")}
    if result.exit_code == 1 and "collect" not in words:
        assert "Error: " in result.output
        assert not after
    return result.output


def put(document: Any, way: list[Any], value: Any) -> None:
    for key in way[:-1]:
        document = document[key]
    document[way[-1]] = value


def ways(document: Any) -> list[list[Any]]:
    """The way to every value that holds no others, and to everything that holds some."""
    found: list[list[Any]] = []
    waiting: list[tuple[list[Any], Any]] = [([], document)]
    while waiting:
        way, value = waiting.pop()
        if way:
            found.append(way)
        if isinstance(value, dict):
            waiting += [([*way, key], each) for key, each in value.items()]
        elif isinstance(value, list):
            waiting += [([*way, place], each) for place, each in enumerate(value)]
    return found


def written(paper: signature_files.Paper, path: Path) -> dict[str, Any]:
    signature_files.write(path, paper)
    document: dict[str, Any] = json.loads(path.read_text())
    return document


@settings(max_examples=effort(2))
@given(data=st.data(), value=VALUES, is_sealed=st.booleans())
@pytest.mark.parametrize("kind", ["agreement", "change"])
def test_a_file_with_any_value_anywhere_is_explained_or_refused(
    kind: str, data: st.DataObject, value: Any, is_sealed: bool, folder: Path
) -> None:
    bundle = kit.signed(kit.agreement(), 0)
    paper = bundle if kind == "agreement" else kit.change(bundle).signed(kit.signature(bundle, 0))
    path = folder / "paper.json"
    document = written(paper, path)
    put(document, data.draw(st.sampled_from(ways(document))), value)
    try:
        text = json_file.sealed(document) if is_sealed else json.dumps(document)
        path.write_text(text)
    except (UnicodeEncodeError, ValueError):
        return
    run(folder, "inspect", str(path))
    run(folder, "inspect", str(path), "--json")
    run(folder, "collect", str(path), "-o", str(path))


@settings(max_examples=effort(4))
@given(raw=st.binary(max_size=400))
@pytest.mark.parametrize("command", [("inspect",), ("canvas", "check"), ("canvas", "show")])
def test_any_bytes_are_refused_in_words(command: tuple[str, ...], raw: bytes, folder: Path) -> None:
    path = folder / "any"
    path.write_bytes(raw)
    run(folder, *command, str(path))


@settings(max_examples=effort(2))
@given(data=st.data(), value=VALUES)
def test_a_canvas_with_any_value_anywhere_is_checked_or_refused(
    data: st.DataObject, value: Any, folder: Path
) -> None:
    document = canvases.tree()
    put(document, data.draw(st.sampled_from(ways(document))), value)
    path = folder / "canvas.yaml"
    try:
        path.write_text(json.dumps(document, default=str))
    except ValueError:
        return
    run(folder, "canvas", "check", str(path))
    run(folder, "canvas", "show", str(path))


@settings(max_examples=effort(4))
@given(
    lines=st.lists(
        st.lists(st.one_of(st.text(max_size=12), HOSTILE, st.integers().map(str)), max_size=4).map(
            ",".join
        ),
        max_size=6,
    ),
    raw=st.binary(max_size=60),
)
def test_a_file_of_orders_is_read_or_refused_line_by_line(
    lines: list[str], raw: bytes, folder: Path
) -> None:
    path = folder / "orders.csv"
    text = "\n".join(["order,customer,amount", *lines])
    path.write_bytes(text.encode(errors="replace") + raw)
    try:
        found, skipped = order_file.read(path, EUR, bytes(32))
    except EMCError:
        return
    assert len({order.number for order in found}) == len(found)
    assert all(order.amount > 0 and order.number >= 0 for order in found)
    assert all(each.reason for each in skipped)
    # a batch holds what was read, and nothing else
    batches = list(orders.batches(found))
    assert [order for batch in batches for order in batch.orders] == found
    assert sum(batch.amount for batch in batches) == sum(order.amount for order in found)


@settings(max_examples=effort(4))
@given(text=st.text(max_size=60))
def test_what_is_printed_cannot_steer_a_terminal(text: str) -> None:
    shown = output.clean(text)
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert shown.count("\n") == text.count("\n")


def test_json_for_machines_spells_out_what_could_steer_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = "\x1b[2J\x9b31m\u202e\u2028é \U000e0001"
    output.print_json({"x": hostile})
    shown = capsys.readouterr().out
    assert json.loads(shown) == {"x": hostile}
    assert "é" in shown
    assert all(char.isprintable() or char == "\n" for char in shown)


def test_a_file_that_is_too_large_is_refused_before_it_is_parsed(folder: Path) -> None:
    path = folder / "large"
    path.write_bytes(b"[" * (2**20 + 1))
    for command in (("inspect",), ("canvas", "check")):
        assert "larger" in run(folder, *command, str(path))
    csv = folder / "large.csv"
    csv.write_text("order,customer,amount\n" + "1,x,1\n" * 10)
    with csv.open("a") as file:
        file.write("2,x," + "1" * 20_000)
    with pytest.raises(EMCError, match="longer than"):
        order_file.read(csv, EUR, bytes(32))


def test_a_signature_is_never_given_for_what_was_not_rebuilt(folder: Path) -> None:
    """Whatever is refused is refused before an account is asked."""
    bundle = kit.signed(kit.agreement(), 0)
    path = folder / "signed.json"
    document = written(bundle, path)
    document["parties"]["nodes"]["baker"]["payee"] = bundle.terms.rows[1].payee
    path.write_text(json_file.sealed(document))
    said = run(folder, "sign", str(path), "--account", "TEST::1", "--yes")
    assert "terms_hash says" in said
    assert json.loads(path.read_text())["signatures"] == document["signatures"]
