"""How soon a person sees something: at `emc desk`, and of an EMC of 54 nodes and 7,000 orders."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.canvas import kit as canvases
from tests.desk import browser as kit
from tests.desk.browser import Town

pytestmark = [
    pytest.mark.anvil,
    pytest.mark.skipif(kit.CHROMIUM is None, reason="the program chromium is not installed"),
]
# of an idle machine; one that runs the whole suite beside it is given twice the time
FIRST, WHOLE = 1.0, 3.0
SLACK = 2
ORDERS = 7_000


def node(number: int) -> str:
    return (
        f"  - key: node-{number}\n    name: Node {number}\n    role: one of many\n"
        "    obligations: [works]\n    expected_performance: [on time]\n"
        "    share: {all: 1, lower: 1, upper: 1}\n"
    )


@pytest.fixture
def large() -> str:
    """A canvas with 54 nodes."""
    small = canvases.with_(("title: Picnic", "title: Street"), ("gate: benchmark", "gate: none"))
    head, _, tail = small.partition("  - key: rider")
    _, _, tail = tail.partition("beneficiaries:")
    head = head.replace("base: 50, leading: 45, upside: 40", "all: 13")
    head = head.replace("lower: 30, upper: 60", "lower: 5, upper: 60")
    many = "".join(node(number) for number in range(52))
    return f"{head}{many}beneficiaries:{tail}"


def test_something_is_there_in_a_second(town: Town, chromium: Any, tmp_path: Path) -> None:
    with kit.served(town, tmp_path) as address:
        context = chromium.running.new_context(locale="en-GB")
        page = context.new_page()
        began = time.monotonic()
        page.goto(address)
        page.get_by_role("heading", level=1).wait_for()
        assert time.monotonic() - began < FIRST * SLACK
        context.close()


@pytest.fixture
def many_accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A chain with an account for each node."""
    from tests import anvil

    with anvil.running("--accounts", "70") as url:
        yield Town(url, tmp_path_factory.mktemp("street"))


@pytest.mark.deep
def test_an_emc_of_many_nodes_and_orders_is_readable_in_three_seconds(
    many_accounts: Town, large: str, chromium: Any, home: str
) -> None:
    town = many_accounts
    paper = town.deploys("street", large)
    found = kit.json.loads(paper.read_text())
    token = town.contract("Token", found["parties"]["currency"]).functions
    emc = town.contract("EMC", found["emc"]).functions
    seller = {"from": town.w3.eth.accounts[0]}
    for call in (
        token.mint(seller["from"], 10**12),
        token.approve(found["emc"], 10**12),
        *(emc.sales(1 + 100 * i, [(1_000, bytes(32))] * 100) for i in range(ORDERS // 100)),
    ):
        town.w3.eth.wait_for_transaction_receipt(call.transact(seller))
    guest = kit.Person(chromium, home, node=town.url)
    guest.go("/look")
    guest.heads("Look at an EMC")
    began = time.monotonic()
    guest.go(f"/emc/31337/{found['emc']}")
    guest.sees("Where the money is")
    guest.page.get_by_role("cell", name="row 53").first.wait_for()
    assert time.monotonic() - began < WHOLE * SLACK
    # what was paid is read after it, with progress
    guest.go(f"/emc/31337/{found['emc']}/money")
    guest.sees("Payouts of this row, newest first")
    guest.close()
