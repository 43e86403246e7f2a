"""Rule 8: no owner, admin, pause, upgrade or fee, in any ABI or source of what is deployed."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperDeployer
from vyper.ast import nodes as vy
from vyper.ast.parse import parse_to_ast
from vyper.compiler.output import build_abi_output

from tests.kit import CONTRACTS, deployer

DEPLOYED = sorted(path.name for path in CONTRACTS.glob("*.vy"))
SOURCES = [
    *sorted(CONTRACTS.glob("*.vy")),
    *sorted((CONTRACTS / "modules").glob("*.vy")),
    *sorted((CONTRACTS / "interfaces").glob("*.vyi")),
]

# a word of a name that hands power to somebody
POWERS = re.compile(
    r"own(er|ers|ership|able)?|admins?|administrator|govern(or|ance|ed|s)?|guardians?|keepers?|"
    r"operators?|managers?|roles?|access|authoriz\w*|privileged?|"
    r"(un)?paus\w*|(un)?freez\w*|frozen|halt\w*|(un)?block|blacklist\w*|whitelist\w*|denylist\w*|"
    r"allowlist\w*|stop(ped|s)?|emergency|kill|destroy|shutdown|sunset|"
    r"upgrad\w*|migrat\w*|initializ\w*|initialis\w*|reinit\w*|proxi?able|"
    r"fees?|tax(es)?|commission\w*|royalt\w*|treasury|skim|sweep|drain|seize|confiscate|mint|burn|"
    r"set|setter|configure|config|grant\w*|renounce\w*|nominate\w*|execute|multicall"
)

# whom a source compares the caller with; no other source compares it with anybody
CALLERS = {
    # the contracts that it obeys, which its `authority` names
    "EMC.vy": {"CONSENT", "CHANGES", "CONDUCT", "GOALS"},
    # the two of them that change terms
    "Consent.vy": {"members.AUTHORITY.changes", "members.AUTHORITY.conduct"},
    # the assessor that the signed terms name, and who speaks now for the value that it takes back
    "Goals.vy": {
        "terms.assessment.assessor",
        "self._account(emc, rows, submitter, taken)",
    },
    # the account that the ME offered itself to, and the ME's own
    "MicroEnterprises.vy": {"self.offered[me]"},
    # the member's current account
    "Reputation.vy": {"staticcall parties.MICRO_ENTERPRISES.account_of(me)"},
    # the buyer and the cashier that the order names
    "Checkout.vy": {"buyer", "cashier"},
    "buyer_credits.vy": {"buyer"},
    # a node's current account, a beneficiary's controller
    "members.vy": {"self._account(party)"},
    "votes.vy": {"account"},
}

# whose name says that it takes the buyer's signature in place of its transaction
BY_SIGNATURE = {"pay_with_authorization"}


def words_of(name: str) -> list[str]:
    """The words of a snake_case or camelCase name, in small letters."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]


def powers(abi: list[dict[str, Any]]) -> list[str]:
    """Functions and events of an ABI whose names speak of power over others."""
    return [
        entry["name"]
        for entry in abi
        if entry["type"] in ("function", "event")
        and entry["name"] not in BY_SIGNATURE
        and any(POWERS.fullmatch(word) for word in words_of(entry["name"]))
    ]


def forbidden(source: str) -> list[str]:
    """Code in a source that could give somebody power over what is deployed."""
    code = re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
    code = "\n".join(line.split("#")[0] for line in code.splitlines())
    found = re.findall(
        r"\b(?:selfdestruct|is_delegate_call|delegatecall|tx\.origin|create_from_blueprint)\b", code
    )
    found += re.findall(r"\b0x[0-9a-fA-F]{40}\b", code)
    return found


def callers(source: str, is_interface: bool = False) -> set[str]:
    """Everything that a source compares the caller with, under whatever name it has it."""
    tree = parse_to_ast(source, is_interface=is_interface)
    names = {"msg.sender"} | {
        node.target.node_source_code
        for node in tree.get_descendants((vy.Assign, vy.AnnAssign))
        if node.value is not None and node.value.node_source_code == "msg.sender"
    }
    found = set()
    for node in tree.get_descendants(vy.Compare):
        sides = [node.left, node.right]
        for side, other in (sides, sides[::-1]):
            if side.node_source_code in names:
                each = other.elements if isinstance(other, vy.List) else [other]
                found |= {one.node_source_code for one in each}
    for node in tree.get_descendants((vy.Assert, vy.If, vy.IfExp)):
        # what an account may do may also be kept in a map
        indexed = node.test.get_descendants(vy.Subscript, include_self=True)
        found |= {one.node_source_code for one in indexed if one.slice.node_source_code in names}
    return found


def abi_of(contract: VyperDeployer) -> list[dict[str, Any]]:
    """The ABI as the compiler gives it."""
    abi: list[dict[str, Any]] = build_abi_output(contract.compiler_data)
    return abi


def instructions(assembly: list[Any]) -> Iterator[str]:
    """Every mnemonic of an assembly, in nested parts too."""
    for item in assembly:
        if isinstance(item, list):
            yield from instructions(item)
        elif isinstance(item, str):
            yield str(item)


def test_every_contract_of_the_system_is_scanned() -> None:
    assert {
        "MicroEnterprises.vy",
        "Pages.vy",
        "EMC.vy",
        "Consent.vy",
        "Changes.vy",
        "Conduct.vy",
        "Goals.vy",
        "CallForBids.vy",
        "Reputation.vy",
        "Checkout.vy",
    } <= set(DEPLOYED)
    assert all(re.fullmatch(r"[A-Z]\w*\.vy", name) for name in DEPLOYED)


@pytest.mark.parametrize("name", DEPLOYED)
def test_no_function_or_event_hands_power_to_anybody(name: str) -> None:
    abi = abi_of(deployer(name))
    assert len(abi) >= 3
    assert powers(abi) == []


@pytest.mark.parametrize("name", DEPLOYED)
def test_no_contract_can_run_foreign_code_or_vanish(name: str) -> None:
    mnemonics = set(instructions(deployer(name).compiler_data.assembly_runtime))
    assert mnemonics & {"CALL", "SSTORE", "CREATE"}
    assert not mnemonics & {"DELEGATECALL", "CALLCODE", "SELFDESTRUCT", "ORIGIN"}


@pytest.mark.parametrize("name", DEPLOYED)
def test_only_consent_makes_emcs_only_pages_makes_pages_and_system_the_rest(name: str) -> None:
    mnemonics = set(instructions(deployer(name).compiler_data.assembly_runtime))
    made = {"Consent.vy": {"CREATE2"}, "Pages.vy": {"CREATE"}, "System.vy": {"CREATE"}}
    assert mnemonics & {"CREATE", "CREATE2"} == made.get(name, set())


def test_who_writes_the_pages_keeps_nothing_and_moves_nothing() -> None:
    compiled = deployer("Pages.vy").compiler_data
    mnemonics = set(instructions(compiled.assembly_runtime))
    assert not mnemonics & {"SSTORE", "SLOAD", "CALL", "SELFBALANCE"}
    assert "storage_layout" not in compiled.storage_layout
    assert all(entry.get("stateMutability") != "payable" for entry in abi_of(deployer("Pages.vy")))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_source_names_an_address_or_a_back_door(path: Path) -> None:
    assert forbidden(path.read_text()) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_the_caller_is_only_compared_with_the_parties(path: Path) -> None:
    compared = callers(path.read_text(), path.suffix == ".vyi")
    assert compared == CALLERS.get(path.name, set())


@pytest.mark.parametrize(
    "name",
    [
        "owner",
        "transferOwnership",
        "renounce_ownership",
        "set_admin",
        "pendingAdmin",
        "pause",
        "unpause",
        "isPaused",
        "upgradeTo",
        "upgrade_to_and_call",
        "setFee",
        "protocol_fee",
        "feeRecipient",
        "grantRole",
        "emergencyWithdraw",
        "initialize",
        "setImplementation",
        "migrate",
        "freeze_account",
        "sweep",
    ],
)
def test_the_scan_of_names_sees(name: str) -> None:
    bad = [
        {"type": "function", "name": "sale", "inputs": []},
        {"type": "function", "name": name, "inputs": []},
        {"type": "constructor", "inputs": []},
    ]
    assert powers(bad) == [name]


def test_the_scan_of_names_lets_words_pass_that_only_contain_others() -> None:
    harmless = ["coffee", "payee_of", "settle", "unpaid", "known", "earned", "offset", "rescue"]
    assert powers([{"type": "function", "name": name} for name in harmless]) == []


BAD = """# pragma version 0.4.3
from snekmate.auth import ownable
initializes: ownable
exports: (ownable.owner, ownable.transfer_ownership)
WHO: constant(address) = 0x00000000000000000000000000000000DeaDBeef
admin: address
second: address
is_trusted: HashMap[address, bool]
@deploy
def __init__():
    ownable.__init__()
@external
def set_fee(ppm: uint256):
    assert msg.sender == self.admin
@external
def run(target: address, data: Bytes[64]):
    assert self.admin != msg.sender
    assert msg.sender not in [self.admin, WHO]
    assert self.is_trusted[msg.sender]
    caller: address = msg.sender
    if self.second == caller:
        return
    raw_call(target, data, is_delegate_call=True)
@external
def leave():
    selfdestruct(WHO)
"""


@pytest.mark.filterwarnings("ignore:`selfdestruct` is deprecated")
def test_the_scans_see_a_contract_with_every_back_door() -> None:
    bad = boa.loads_partial(BAD)
    assert {"set_fee", "owner", "transfer_ownership"} <= set(powers(abi_of(bad)))
    assert {"DELEGATECALL", "SELFDESTRUCT"} <= set(instructions(bad.compiler_data.assembly_runtime))
    assert forbidden(BAD) == [
        "is_delegate_call",
        "selfdestruct",
        "0x00000000000000000000000000000000DeaDBeef",
    ]
    assert callers(BAD) == {"self.admin", "self.second", "WHO", "self.is_trusted[msg.sender]"}
