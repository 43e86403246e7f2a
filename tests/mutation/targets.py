"""Which files are changed, and which tests are to notice, the fastest first."""

import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "contracts"
# mutants of each set
SETS = {"package": 300, "contracts": 600}
# the contracts that hold money or count consent
DEPLOYED = (
    *("EMC.vy", "Pages.vy", "Consent.vy", "Changes.vy", "Conduct.vy", "Goals.vy"),
    *("System.vy", "Checkout.vy"),
)
MONEY = "tests/spec/test_money.py"
VOTES = "tests/unit/votes"
# the tests of each contract, for itself and for the modules it is made of
TESTS = {
    "EMC.vy": (
        *("tests/unit/emc", "tests/unit/conduct/test_leave.py", MONEY),
        "tests/attacks/test_tokens.py",
    ),
    "Pages.vy": ("tests/unit/pages", "tests/unit/emc/test_earned.py", MONEY),
    "Consent.vy": ("tests/unit/consent", VOTES),
    "Changes.vy": ("tests/unit/changes", VOTES),
    "Conduct.vy": ("tests/unit/conduct", VOTES),
    "Goals.vy": ("tests/unit/goals", VOTES),
    "System.vy": ("tests/unit/system",),
    "Checkout.vy": ("tests/unit/checkout",),
}
PACKAGE = {
    "src/emc/core/waterfall.py": (
        *("tests/core/test_waterfall.py", "tests/core/test_forecast.py"),
        "tests/proof/test_reader.py",
    ),
    "src/emc/core/allocation.py": ("tests/core/test_allocation.py",),
    "src/emc/core/terms.py": (
        *("tests/spec/test_terms_hash.py", "tests/core/test_view.py", "tests/canvas"),
        *("tests/signing/test_plan.py", "tests/spec/test_model.py", "tests/spec/test_stranger.py"),
    ),
}
AUDIT = (
    *("tests/audit/test_reading.py", "tests/audit/test_edges.py", "tests/audit/test_records.py"),
    *("tests/audit/test_agreed.py", "tests/audit/test_reviews.py", "tests/audit/test_checkout.py"),
    *("tests/audit/test_clauses.py", "tests/audit/test_dishonest.py"),
    *("tests/audit/test_strangers.py", "tests/audit/test_fortnight.py"),
    *("tests/audit/test_honest.py",),
)


def of_set(name: str) -> list[str]:
    """The files of a set, from the root of the repository."""
    if name == "package":
        audit = ROOT / "src" / "emc" / "audit" / "prove"
        return [*PACKAGE, *sorted(path.relative_to(ROOT).as_posix() for path in audit.glob("*.py"))]
    modules = {module for contract in DEPLOYED for module in imports(contract)}
    return [f"contracts/{path}" for path in (*DEPLOYED, *sorted(modules))]


def noticed_by(path: str) -> tuple[str, ...]:
    """The tests that are to notice a change of a file.

    None of them lies in another: pytest would then run nothing else of that folder.
    """
    if path.startswith("contracts/"):
        tests = tuple(dict.fromkeys(test for name in made_of(path) for test in TESTS[name]))
    else:
        tests = PACKAGE.get(path, AUDIT)
    return tuple(test for test in tests if not {*map(str, Path(test).parents)} & {*tests})


def beside(path: str) -> set[Path]:
    """What besides a file decides whether a change of it is noticed: the sources that it is
    compiled or run with, its tests, and what lies beside them and is shared by all."""
    if path.startswith("contracts/"):
        made = made_of(path)
        sources = {CONTRACTS / each for each in {*made}.union(*map(imports, made))}
        sources |= {*(CONTRACTS / "interfaces").glob("*.vyi")}
    else:
        package = ROOT / "src" / "emc"
        sources = {*(package / "core").rglob("*.py"), *(package / "audit").rglob("*.py")}
    tests = {*(ROOT / "tests").glob("*.py")}
    for each in map(ROOT.joinpath, noticed_by(path)):
        tests |= {*each.rglob("*.py")} if each.is_dir() else {*each.parent.glob("*.py")}
    return sources | tests


def made_of(path: str) -> list[str]:
    """The contracts whose code a file is part of, those that it is all of first."""
    own = path.removeprefix("contracts/")
    return [each for each in DEPLOYED if each == own or own in imports(each)]


@cache
def imports(contract: str) -> frozenset[str]:
    """The modules of ours that a file imports, directly or not, as paths below contracts/."""
    source = (CONTRACTS / contract).read_text()
    found = re.findall(r"^from \.(?:modules)? import (\w+)", source, re.M)
    modules = {f"modules/{name}.vy" for name in found}
    return frozenset(modules.union(*(imports(each) for each in modules)))
