import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emc.core.problems import Problem
from emc.files import source
from emc.files.canvas import Canvas, CanvasErrors, load
from tests.canvas.kit import SMALL, problems, tree, with_


@pytest.mark.parametrize(
    ("old", "new", "line", "where", "message"),
    [
        ("title: Picnic", "title: &name Picnic", 1, "title", "is named with &"),
        ("title: Picnic", "title: !!str Picnic", 1, "title", "has a YAML tag"),
        ("title: Picnic", "title: !!python/name:os.system", 1, "title", "has a YAML tag"),
        ("nodes:", "nodes: !!set", 15, "nodes", "has a YAML tag"),
        ("kind: experience", "kind: experience\ntitle: Twice", 5, "title", "appears twice"),
        ("role: salads", "role: salads\n    name: Other", 27, "nodes[1].name", "appears twice"),
        ("title: Picnic", "<<: {title: x}\ntitle: Picnic", 1, "<<", "is not a field here"),
        ("sink: lake", "sink: lake\n--- {}", 42, "", "a second document starts here"),
        ("sink: lake", "? [sink]\n: lake", 41, "", "a field name must be a word"),
        ("title: Picnic", "title: a\u200bb", 1, "title", r"holds \u200b"),
        ("title: Picnic", "title: a\u202eb", 1, "title", r"holds \u202e"),
        ("title: Picnic", 'title: "a\\eb"', 1, "title", r"holds \x1b"),
        ("title: Picnic", 'title: "a\\nb"', 1, "title", "holds a line break"),
        ("title: Picnic", "title: Picnic: x", 1, "", "cannot be read"),
        ("title: Picnic", "\ttitle: Picnic", 1, "", "cannot be read"),
        ("title: Picnic", "title: \x07", 1, "", "cannot be read"),
        ("kind: experience", "kind: [", 6, "", "cannot be read"),
    ],
)
def test_what_is_not_plain_data_is_refused(
    tmp_path: Path, old: str, new: str, line: int, where: str, message: str
) -> None:
    found = problems(tmp_path, with_((old, new)))
    assert [(each.line, each.where) for each in found] == [(line, where)]
    assert message in found[0].message


def test_an_alias_is_refused_with_its_anchor_and_nothing_else(tmp_path: Path) -> None:
    found = problems(tmp_path, with_(("name: Baker", "name: &n Baker"), ("name: Cook", "name: *n")))
    assert [(each.line, each.where) for each in found] == [
        (17, "nodes[0].name"),
        (25, "nodes[1].name"),
    ]
    assert "refers to another place" in found[1].message


def test_a_field_twice_names_the_line_of_the_first(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, SMALL + "nodes:\n  - {key: [a, {b: c}]}\n")
    assert (found.line, found.where) == (45, "nodes")
    assert found.hint == "keep one of them; the first is on line 15"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "the file holds no fields"),
        (b"# only a remark\n", "the file holds no fields"),
        (b"just words", "the file holds no fields"),
        (b"- a\n- b\n", "the file holds no fields"),
        (b"title: \xff\n", "is not UTF-8 text"),
        (b"\xff\xfet\x00i\x00", "is not UTF-8 text"),
        (b"a: '\n", "cannot be read"),
        (b'a: "\\U00110000"', "cannot be read"),
        (b"%YAML 3.0\n---\na: b", "cannot be read"),
        (b"a: b\n" + b"#" * 2**20, "larger than 1 MiB"),
        (b"[" * 500_000, "nested too deeply"),
        (b"a: " + b"{a: " * 200_000, "nested too deeply"),
        (b"- " * 500_000, "nested too deeply"),
        (b"? " * 500_000, "a field name must be a word"),
        (b"- a\n" * 200_000, "more than 20000 values"),
    ],
    ids=lambda value: str(value[:12]),
)
def test_what_is_no_canvas_at_all_is_refused_soon(tmp_path: Path, raw: bytes, message: str) -> None:
    path = tmp_path / "canvas.yaml"
    path.write_bytes(raw)
    begun = time.monotonic()
    with pytest.raises(CanvasErrors) as caught:
        load(path)
    assert message in str(caught.value)
    assert time.monotonic() - begun < 20


def test_a_bomb_of_aliases_is_refused_without_being_built(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30)
    )
    found = problems(tmp_path, bomb)
    assert any("refers to another place" in each.message for each in found)


def test_numbers_keep_their_digits() -> None:
    read = source.parse(
        b"a: 0.10\nb: 123456789012345678901234567890.123456789\nc: '0.10'\nd: 1e3\n", "x"
    )
    assert {key: str(value) for key, value in read.tree.items()} == {
        "a": "0.10",
        "b": "123456789012345678901234567890.123456789",
        "c": "0.10",
        "d": "1e3",
    }


def test_a_file_with_a_byte_order_mark_and_windows_lines_is_read(tmp_path: Path) -> None:
    path = tmp_path / "canvas.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert load(path).title == "Picnic"


def test_messages_never_carry_control_characters(tmp_path: Path) -> None:
    text = with_(("title: Picnic", '"\\e[31m": x\ntitle: "\\e]0;x\\a"\nnote: [1]'))
    with pytest.raises(CanvasErrors) as caught:
        load(_written(tmp_path, text))
    assert all(char.isprintable() or char == "\n" for char in str(caught.value))


def _written(folder: Path, text: str) -> Path:
    path = folder / "canvas.yaml"
    path.write_text(text)
    return path


def _check_verdict(raw: bytes) -> None:
    read = source.parse(raw, "fuzz")
    if read.problems:
        _check_words(read.problems)
    else:
        _check_words(_found(read.tree))


def _found(data: dict[str, Any]) -> list[Problem]:
    """What is wrong with plain data; nothing if it is a canvas, which then has a hash."""
    try:
        Canvas.from_document(data).hash()
    except CanvasErrors as error:
        return error.problems
    return []


def _check_words(found: list[Problem]) -> None:
    for each in found:
        assert each.message
        assert str(each).isprintable()


@given(st.binary(max_size=400))
def test_random_bytes_are_a_canvas_or_refused(raw: bytes) -> None:
    _check_verdict(raw)


@given(st.text(alphabet="abk:-?&*!|>{}[],'\"%@`# \n\t01.~\\xuU", max_size=120))
def test_random_yaml_is_a_canvas_or_refused(text: str) -> None:
    _check_verdict(text.encode())


@given(st.data())
def test_a_broken_canvas_is_a_canvas_or_refused(data: st.DataObject) -> None:
    text = SMALL
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 30)))
        text = text[:start] + data.draw(st.text(max_size=8)) + text[end:]
    _check_verdict(text.encode("utf-8", "surrogatepass"))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.decimals()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["", "now", "1d", "100", "1e999999999", "0" * 500, "٣", "9" * 60]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4)
    ),
    max_leaves=6,
)


@given(st.data())
def test_any_value_in_any_place_is_a_canvas_or_refused(data: st.DataObject) -> None:
    canvas = tree()
    at: list[object] | dict[str, object] = canvas
    while True:
        steps = list(at) if isinstance(at, dict) else list(range(len(at)))
        step = data.draw(st.sampled_from(steps))
        inner = at[step]  # type: ignore[index,call-overload]
        if not isinstance(inner, dict | list) or not inner or data.draw(st.booleans()):
            break
        at = inner
    at[step] = data.draw(_VALUES)  # type: ignore[index,call-overload]
    _check_words(_found(canvas))
