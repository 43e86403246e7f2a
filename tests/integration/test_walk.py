"""Through how much of ours a reader has to go who wants to know how a file is signed."""

import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

import emc as package
from emc.files import bundle
from tests.integration.commands import Desk, emc

pytestmark = pytest.mark.anvil

ROOT = Path(package.__file__).parent
WALKED = ("cli", "client", "files")
MOST = 20
# what is told and asked at a terminal, and how words become options
VIEWS = {"__init__", "groups", "options", "output", "talk", "dates", "naming"} | {
    "agreement_view",
    "terms_view",
}
# connecting to a chain, and proving that the code there is ours
SET_UP = {"sessions", "runtime"}
# what a canvas may say and what it compiles to, and how any of our files lies on a disk
FORMATS = {"canvas", "canvas_parts", "canvas_rules", "canvas_types", "compile", "systems"} | {
    "json_file",
    "source",
    "terms_document",
    "whole",
}
# set-up that shares a module with what is walked, and questions to one contract each
LEFT_OUT = {
    ("client/session", "connect"),
    ("client/session", "Session.load"),
    ("client/session", "Session.account"),
    ("client/system", "System.load"),
    ("client/system", "System.accounts_of"),
    ("client/ballot", "Ballot.nonce_of"),
}


@contextmanager
def noted() -> Iterator[set[CodeType]]:
    """The code of everything in Python that is called meanwhile."""
    found: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: Any) -> None:
        if event == "call":
            found.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield found
    finally:
        sys.setprofile(before)


def place(code: CodeType) -> tuple[str, str]:
    """Module and name of a function, the module from the package's folder on."""
    return str(Path(code.co_filename).relative_to(ROOT).with_suffix("")), code.co_qualname


def is_walked(code: CodeType) -> bool:
    """Whether a reader of signing has to go through a function.

    Left out besides: what Python calls by itself (constructors, comprehensions, lambdas), and what
    is read like a value (properties).
    """
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or path.relative_to(ROOT).parts[0] not in WALKED:
        return False
    if path.stem in VIEWS | SET_UP | FORMATS or code.co_name.startswith(("<", "__")):
        return False
    return place(code) not in LEFT_OUT and code not in getters(path)


def getters(path: Path) -> set[CodeType]:
    """The code of a module's properties."""
    name = ".".join(("emc", *path.relative_to(ROOT).with_suffix("").parts))
    kinds = [each for _, each in inspect.getmembers(sys.modules[name], inspect.isclass)]
    members = [member for kind in kinds for member in vars(kind).values()]
    held = [getattr(each, "fget", None) or getattr(each, "func", None) for each in members]
    return {each.__code__ for each in held if inspect.isfunction(each)}


def test_who_signs_walks_through_twenty_functions_at_most(desk: Desk) -> None:
    Path("picnic.yaml").write_text((desk.office.folder / "picnic.yaml").read_text())
    emc("deploy", "picnic.yaml", "--hold", "--nonce", "7", "--out", "held.json")
    emc("sign", "held.json", "--account", "TEST::2", "--yes")
    with noted() as found:
        said = emc("sign", "held.json", "--account", "TEST::1", "--yes")
    assert "signed in held.json; missing: 1 of 3 nodes" in said.err

    walk = {place(each) for each in found if is_walked(each)}
    # from the first to the last, so that what is counted is the walk
    assert walk >= {
        ("cli/sign", "command"),
        ("files/signature_files", "read"),
        ("client/consenting", "Formation.check"),
        ("client/ballot", "Ballot.signed"),
        ("files/signature_files", "write"),
    }
    assert len(walk) <= MOST, sorted(walk)


def test_a_file_that_names_an_emc_is_read_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what resolves it and by the session: a file may be replaced between two readings."""
    found: list[Path] = []
    read = bundle.read
    monkeypatch.setattr(bundle, "read", lambda path: found.append(path) or read(path))
    said = emc("till", "disburse", desk.file("picnic"), "--account", "TEST::0", "--yes", fails=True)
    assert "nothing is pending" in said.err
    assert found == [Path(desk.file("picnic"))]
