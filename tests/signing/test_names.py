"""What the package exports, and that importing it costs nothing."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import emc
from emc.chain import reasons
from emc.chain.edge import speaking
from emc.errors import EMCError, RefusedError

ROOT = Path(__file__).parents[2]
NAMES = {
    "Accounts",
    "Agreement",
    "Amendment",
    "Assessment",
    "Bundle",
    "Canvas",
    "Currency",
    "Disbanding",
    "EMCError",
    "Expulsion",
    "Order",
    "Parties",
    "PaymentRequest",
    "Proposal",
    "RefusedError",
    "Renegotiation",
    "Row",
    "Session",
    "Share",
    "Signature",
    "Standing",
    "Status",
    "Terms",
    "connect",
}


def test_the_names_that_are_exported_are_these() -> None:
    assert set(emc.__all__) == NAMES
    assert sorted(emc.__all__) == emc.__all__
    assert set(dir(emc)) >= NAMES
    for name in NAMES:
        found = getattr(emc, name)
        home = importlib.import_module(found.__module__)
        assert getattr(home, name) is found
        assert found.__module__.startswith("emc.")
        assert found.__doc__


def test_every_exported_name_is_on_the_page() -> None:
    page = (ROOT / "docs/api.md").read_text()
    assert set(re.findall(r"`(\w+)`", page.partition("## Names")[2])) == NAMES


def test_another_name_is_none_and_a_module_is_itself() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = emc.Nothing
    from emc.files import canvas

    assert canvas.__name__ == "emc.files.canvas"


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, emc; print(len([m for m in sys.modules if m.split('.')[0] in "
    code += "('ape', 'web3', 'pydantic', 'eth_abi', 'ruamel', 'click', 'rich')]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0"


def test_a_refusal_carries_the_reason_of_the_contract() -> None:
    from ape.exceptions import ContractLogicError

    with pytest.raises(RefusedError) as caught, speaking("ending"):
        raise ContractLogicError(revert_message="emc: not over yet")
    assert caught.value.reason == "emc: not over yet"
    assert caught.value.hint == reasons.advice("emc: not over yet") != ""
    assert isinstance(caught.value, EMCError)
    with pytest.raises(RefusedError, match=r"refused: x\\x1b\[2J") as caught, speaking("ending"):
        raise ContractLogicError(revert_message="x\x1b[2J")
    assert caught.value.hint == ""
