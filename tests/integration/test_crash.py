"""Every command that sends several transactions is killed at each of them and run again: the end
is the same, and nothing was sent twice.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from emc import artifacts
from emc.core.parts import NAMES
from emc.core.terms import Metric
from tests import anvil
from tests.integration import crash
from tests.integration.commands import CANVASES, emc_at, orders

pytestmark = pytest.mark.anvil
FILE = "picnic.agreement.json"
LINES = [f"{number},ann,1.00" for number in range(1, 6)]


@dataclass
class Ground:
    """A node that is put back to where it was, and a new folder for each time."""

    url: str
    folder: Path
    w3: Web3
    rounds: int = 0

    def ask(self, method: str, *params: Any) -> Any:
        return self.w3.provider.make_request(RPCEndpoint(method), list(params))["result"]

    def place(self, template: Path | None = None) -> Path:
        """A folder of its own, with what the template has."""
        self.rounds += 1
        place = self.folder / str(self.rounds)
        place.mkdir()
        for name, text in CANVASES.items():
            (place / f"{name}.yaml").write_text(text)
        orders(place, LINES)
        # the same customers in each
        (place / "customers.salt").write_text("11" * 32 + "\n")
        if template is not None:
            for name in (FILE, "deployments/31337.json"):
                (place / name).parent.mkdir(exist_ok=True)
                (place / name).write_bytes((template / name).read_bytes())
        return place

    @property
    def nonces(self) -> list[int]:
        """How many transactions each account has sent."""
        return [self.w3.eth.get_transaction_count(each) for each in self.w3.eth.accounts]


@pytest.fixture(scope="module")
def ground(
    anvil_program: str,  # noqa: ARG001
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Ground]:
    with anvil.running("--accounts", "10") as url:
        found = Ground(url, tmp_path_factory.mktemp("crash"), Web3(Web3.HTTPProvider(url)))
        start = found.ask("evm_snapshot")
        crash.prepare(url, found.place(), "deploy", "picnic.yaml")
        assert found.ask("evm_revert", start)
        yield found


@pytest.fixture(scope="module")
def formed(ground: Ground) -> Path:
    """A folder with an EMC that is active."""
    place = ground.place()
    crash.whole(ground.url, place, "deploy", "picnic.yaml")
    return place


def records(place: Path) -> Any:
    return json.loads((place / "deployments" / "31337.json").read_text())


def deployed(ground: Ground, place: Path) -> dict[str, Any]:
    """What a deployment comes to; the time at which it was drawn up makes the EMC's address."""
    known = records(place)
    (emc,) = known["emcs"]
    assert json.loads((place / FILE).read_text())["emc"] == emc["address"]
    assert list(known["contracts"]) == list(NAMES)
    for name, each in {**known["contracts"], **known["tokens"], "EMC proxy": emc}.items():
        block = ground.w3.eth.get_transaction_receipt(each["birth"]["transaction"])["blockHash"]
        assert block.to_0x_hex() == each["birth"]["block_hash"], name
    return {
        "addresses": {name: each["address"] for name, each in known["contracts"].items()},
        "told": {name: each["arguments"] for name, each in known["contracts"].items()},
        "from": {name: each["integrity"] for name, each in known["contracts"].items()},
        "token": known["tokens"]["EUR 2"]["address"],
        "stage": emc_at(ground.url, emc["address"]).functions.stage().call(),
        "sent": ground.nonces,
    }


@pytest.mark.deep
def test_deploying_that_is_killed_at_any_transaction_comes_to_the_same(ground: Ground) -> None:
    start = ground.ask("evm_snapshot")
    words = ("deploy", "picnic.yaml")
    place = ground.place()
    count = crash.whole(ground.url, place, *words)
    expected = deployed(ground, place)
    assert expected["stage"] == 1
    # contracts, the token, registrations, making the EMC
    assert count == len(NAMES) + 1 + 3 + 1 == sum(expected["sent"])
    for at in range(1, count + 1):
        # what is mined when nobody was told is the harder case; the other one at both ends
        for when in ("after", "before") if at in (1, count) else ("after",):
            assert ground.ask("evm_revert", start)
            start = ground.ask("evm_snapshot")
            place = ground.place()
            crash.killed(ground.url, place, words, at, when)
            crash.whole(ground.url, place, *words)
            assert deployed(ground, place) == expected, f"{when} transaction {at}"
            if at == count:
                # and once more, when everything is there
                assert crash.whole(ground.url, place, *words) == 0
    assert ground.ask("evm_revert", start)


def sold(ground: Ground, place: Path) -> dict[str, Any]:
    """What selling comes to."""
    emc = emc_at(ground.url, json.loads((place / FILE).read_text())["emc"])
    token = ground.w3.eth.contract(
        address=emc.functions.currency_of().call(),
        abi=ERC20,
    )
    payer = ground.w3.eth.accounts[0]
    return {
        "accounts": emc.functions.accounts().call(),
        "paid": emc.functions.paid_word(payer, 0).call(),
        "balances": [token.functions.balanceOf(each).call() for each in ground.w3.eth.accounts],
        "allowed": token.functions.allowance(payer, emc.address).call(),
        "sent": ground.nonces,
    }


ERC20 = [
    {
        "type": "function",
        "name": name,
        "stateMutability": "view",
        "inputs": [{"type": "address", "name": f"a{i}"} for i in range(count)],
        "outputs": [{"type": "uint256", "name": ""}],
    }
    for name, count in (("balanceOf", 1), ("allowance", 2))
]


@pytest.mark.deep
def test_selling_that_is_killed_at_any_transaction_comes_to_the_same(
    ground: Ground, formed: Path
) -> None:
    start = ground.ask("evm_snapshot")
    words = ("sell", FILE, "--orders", "orders.csv", "--batch", "2", "--mint")
    place = ground.place(formed)
    count = crash.whole(ground.url, place, *words)
    expected = sold(ground, place)
    # minting, approving, three batches
    assert count == 5
    assert expected["accounts"][0] == 500
    for at in range(1, count + 1):
        for when in ("after", "before"):
            assert ground.ask("evm_revert", start)
            start = ground.ask("evm_snapshot")
            place = ground.place(formed)
            crash.killed(ground.url, place, words, at, when)
            crash.whole(ground.url, place, *words)
            assert sold(ground, place) == expected, f"{when} transaction {at}"
    assert ground.ask("evm_revert", start)


# flows of several people: each command sends one transaction, and is killed once it is mined

PROPOSE = ("renegotiate", "propose", "windowed.agreement.json", "--out", "new.json", "--share",
           "0=49/44/39", "--share", "1=31/31/31")  # fmt: skip
USERS = "users.agreement.json"
DAY = 86_400
FLOW: tuple[tuple[tuple[str, ...], int], ...] = (
    (("renegotiate", "open", "new.json", "--account", "TEST::1", "--yes"), 0),
    (("renegotiate", "sign", "new.json", "--account", "TEST::2", "--on-chain", "--yes"), 7 * DAY),
    (("renegotiate", "submit", "new.json", "--account", "TEST::0"), 0),
    (("assess", "value", USERS, "--amount", "150", "--account", "TEST::1", "--yes"), 2 * DAY),
    (("assess", "finalise", USERS, "--submitter", "0", "--account", "TEST::0"), 0),
    (("leave", "notice", USERS, "--account", "TEST::3", "--yes"), 0),
)
# what says that it has happened, where a command does not simply find so
SAID = [
    "this proposal was drawn up in epoch 1, epoch 2 is in force",
    "submitting the value was refused: goals: one value at a time",
    "row 0 has no open value",
    "giving notice was refused: conduct: notice given already",
]


def test_a_flow_of_several_people_goes_on_whichever_command_is_killed(ground: Ground) -> None:
    start = ground.ask("evm_snapshot")
    place = ground.place()
    for name in ("windowed", "users"):
        crash.whole(ground.url, place, "deploy", f"{name}.yaml")
    crash.whole(ground.url, place, *PROPOSE)
    refused = []
    for words, then in FLOW:
        crash.killed(ground.url, place, words, 1, "after")
        code, _, text = crash.run(ground.url, place, words)
        assert "Traceback" not in text, text
        # the window goes on as it was
        assert words[1] != "open" or "you have already opened it" in text
        if code:
            refused.append(text.partition("Error: ")[2].partition("\n")[0])
        if then:
            ground.ask("evm_increaseTime", then)
            ground.ask("evm_mine")
    assert refused == SAID
    windowed, users = (
        emc_at(ground.url, json.loads((place / f"{name}.agreement.json").read_text())["emc"])
        for name in ("windowed", "users")
    )
    assert (windowed.functions.epoch().call(), users.functions.epoch().call()) == (2, 1)
    known = records(place)["contracts"]
    goals = ground.w3.eth.contract(
        address=known["Goals"]["address"], abi=artifacts.load("Goals")["abi"]
    )
    assert goals.functions.value_of(users.address, Metric.USERS).call()[0] == 150
    conduct = ground.w3.eth.contract(
        address=known["Conduct"]["address"], abi=artifacts.load("Conduct")["abi"]
    )
    assert conduct.functions.notice_of(users.address, 2).call() > 0
    assert ground.ask("evm_revert", start)
