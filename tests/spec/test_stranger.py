"""Random lives, and a stranger who recomputes them from their logs and two pages of docs."""

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import boa
import pytest
from eth_account import Account
from eth_utils import keccak
from hypothesis import settings

from emc.core.terms import Measure, Metric, Terms
from tests.kit import World
from tests.profiles import effort
from tests.spec import stranger, strategies
from tests.spec.test_money import small_terms
from tests.spec.till import MAX_ROWS, Till, system
from tests.stateful.changes import Changes
from tests.stateful.market import market, stray_token

EFFORT = settings(max_examples=effort(0.05), stateful_step_count=30)
CURRENCIES = (None, 0, 2, 6)
FREE = {"re", "collections", "dataclasses", "pathlib", "typing", "eth_abi", "eth_utils"}


@pytest.fixture(scope="session", autouse=True)
def _market() -> None:
    """What the lives share is there before any of them."""
    stray_token()
    for decimals in CURRENCIES:
        market(decimals)


@contextmanager
def kept() -> Iterator[list[stranger.Log]]:
    """Every log of the chain meanwhile, as a node would return it."""
    logs: list[stranger.Log] = []
    run = boa.env.execute_code

    def execute(*args: Any, **kwargs: Any) -> Any:
        computation = run(*args, **kwargs)
        if not computation.is_error and not kwargs.get("simulate"):
            for _, address, topics, data in computation.get_raw_log_entries():
                words = tuple(topic.to_bytes(32, "big") for topic in topics)
                logs.append(stranger.Log("0x" + address.hex(), words, data))
        return computation

    boa.env.execute_code = execute
    try:
        yield logs
    finally:
        del boa.env.execute_code


class Lives(Changes):
    """Anything that anyone may do; a stranger reads along."""

    def __init__(self) -> None:
        super().__init__()
        self.keeping = kept()
        self.kept = self.keeping.__enter__()
        self.known = known()

    def teardown(self) -> None:
        """What was recomputed is what the contract has: in the middle of life, and at its end."""
        try:
            if hasattr(self, "emc"):
                self.compare()
            super().teardown()
            if hasattr(self, "emc"):
                self.compare()
        finally:
            self.keeping.__exit__(None, None, None)

    def compare(self) -> None:
        """The books of a stranger are those of the chain."""
        lives = stranger.recompute(self.kept, addresses(self.world), self.known)
        life = lives[self.emc.address.lower()]
        assert life.accounts == tuple(self.emc.accounts())
        assert life.epoch == self.emc.epoch()
        assert life.is_open == self.emc.is_gate_open()
        assert life.terms.hash == self.world.consent.terms_of(self.emc.address)
        for row in (*self.model.credits,):
            assert life.credits.get(row, 0) == self.emc.credits(row)


def known() -> dict[int, str]:
    """The accounts of MEs before anything is kept."""
    registry = system().registry
    return {me: str(registry.account_of(me)) for me in range(1, MAX_ROWS + 1)}


def addresses(world: Any) -> dict[str, str]:
    """Where the contracts of a system are."""
    return {
        "MicroEnterprises": world.registry.address,
        "Consent": world.consent.address,
        "Changes": world.changes.address,
        "Conduct": world.conduct.address,
        "Goals": world.goals.address,
        "EMC": world.implementation.address,
    }


def test_the_stranger_knows_nothing_of_this_project() -> None:
    tree = ast.parse(Path(stranger.__file__).read_text())
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {each.name.split(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or ".").split(".")[0])
    assert imported <= FREE


def test_an_address_follows_from_who_registered_and_who_took_over(world: World) -> None:
    with kept() as logs:
        # instead of those whose registration nobody kept
        world.nodes = world.register(2)
        moved = Account.from_key(keccak(text="another account"))
        with boa.env.prank(world.nodes[0].account):
            world.registry.offer_account(moved.address)
        with boa.env.prank(moved.address):
            world.registry.accept_account(world.nodes[0].me)
        terms = world.terms()
        signatures = [world.signature(terms, 0, key=moved), world.signature(terms, 1)]
        emc = world.make(terms, signatures)
        world.sell(emc, 1_001, 1)
    (life,) = stranger.recompute(logs, addresses(world)).values()
    assert life.address == emc.address.lower()
    assert life.accounts == (1_001, *tuple(emc.accounts())[1:])
    # two registered, one offered its ME to another account, and that one took it
    unmoved = [*logs[:3], *logs[4:]]
    with pytest.raises(stranger.Difference, match="address"):
        stranger.recompute(unmoved, addresses(world))


def several_pages(terms: Terms) -> None:
    """A life whose gate opens late: covers rise above the benchmark, one falls below what has
    flowed, a node leaves while something is held for it."""
    till = Till(terms)
    till.sale(101)
    new = strategies.reshared(Random(1), till.terms)
    assert new is not None
    till.renegotiate(new)
    till.sale(1_399)
    till.leave(2)
    till.disburse()
    covers = {1: 50, 3: 2_749}
    rows = [replace(row, cost=covers.get(row.id, row.cost)) for row in till.terms.rows]
    till.amend(replace(till.terms, nonce=till.terms.nonce + 1, rows=tuple(rows)))
    till.sales([7, 5])
    till.sale(1_600)
    till.withdraw(2)
    till.sale(6_001)
    till.leave(1)
    till.disburse()
    till.sale(503)
    till.end()


def a_failure(terms: Terms) -> None:
    """A life that ends behind its gate, and gets something later."""
    till = Till(replace(terms, disburse_at=400))
    till.sale(399)
    till.sale(1_100)
    till.leave(1)
    till.sale(399)
    till.end()
    till.absorb(99)


def several_measures(terms: Terms) -> None:
    """A life of three measures, opened by the last of them; a later value is lower."""
    proceeds = terms.goal.measures
    others = Measure(Metric.USERS, 10, 20), Measure(Metric.SATISFACTION, 3, 4)
    till = Till(replace(terms, goal=replace(terms.goal, measures=(*proceeds, *others))))
    till.sale(2_000)
    till.assess(Metric.USERS, 10)
    till.sale(2_001)
    till.assess(Metric.SATISFACTION, 4)
    till.sale(1_000)
    till.leave(0)
    till.sale(4_003)
    till.assess(Metric.USERS, 20)
    till.sale(4_003)
    till.assess(Metric.USERS, 5)
    till.sale(499)
    till.end()


Small = tuple[list[stranger.Log], dict[str, str], dict[int, str]]


@pytest.fixture(scope="module")
def small_lives() -> Small:
    """The logs of three lives with every kind of page, the system, and who had which ME."""
    before = known()
    with boa.env.anchor(), kept() as logs:
        several_pages(small_terms())
        a_failure(replace(small_terms(), nonce=98))
        several_measures(replace(small_terms(), nonce=99))
    return logs, addresses(system()), before


def test_three_small_lives_are_recomputed(small_lives: Small) -> None:
    opened, failed, measured = stranger.recompute(*small_lives).values()
    assert (opened.is_open, failed.is_open, measured.is_open) == (True, False, True)
    assert failed.swept > 99
    assert len(measured.finals) == 2
    # every unit is in its place, and some are where rounding left them
    for life in (opened, failed, measured):
        received, *places = life.accounts
        assert received == sum(places)
        assert life.dust > 0


# what stands in the recomputation, and what would be another waterfall
WRONG = {
    "held is rounded down": (
        "-(-(self.net(x) - self.bands(x)[0]) // WHOLE)",
        "(self.net(x) - self.bands(x)[0]) // WHOLE",
    ),
    "two floors for running cost and income": (
        "(row.running * x * WHOLE + sum(map(int.__mul__, row.shares, income))) // WHOLE**2",
        "row.running * x // WHOLE + sum(map(int.__mul__, row.shares, income)) // WHOLE**2",
    ),
    "BASE ends below COST": ("[sum(covers) * WHOLE] * 2", "[-ENDLESS] * 2"),
    "a cover falls below zero": (
        "max(0, less.get(row.id, 0) + row.cover)",
        "less.get(row.id, 0) + row.cover",
    ),
    "open covers are rounded down": (
        "cover - has - row.cover",
        "cover - has - row.cover - (0 < has < cover)",
    ),
    "dust is lost": ("dust = self.total - page.start - sum(entitled)", "dust = 0"),
    "dust waits for proceeds": (
        "self.x += self.pending",
        "self.x += self.pending if payout['received'] else 0",
    ),
    "the tranches are swapped": ("cost, base, leading, net", "cost, leading, base, net"),
    "an assessed measure caps nothing": (
        "end = 0 if finals.get(measure.metric, 0) >= point else ENDLESS",
        "end = 0",
    ),
    "the gate waits for proceeds alone": (
        "any(finals.get(each.metric, 0) < points[each] for each in assessed)",
        "False",
    ),
    "nothing is brought forward": ("(self.forward.get(row.id, 0) if opens else 0)", "0"),
    "who left gets nothing": ("if row not in live and held:", "if row in live:"),
    "the sink takes no BASE": ("pay + (base << 56)", "pay"),
    "the backstop is swept too little": (
        "self.page.held(self.x) - self.swept",
        "self.page.held(self.x)",
    ),
    "the address is of other accounts": ("nodes = [accounts[me]", "nodes = [system['Consent']"),
    "what waits is paid": ("self.pending < self.terms.values", "0 < self.terms.values"),
}


@pytest.mark.parametrize(("right", "wrong"), WRONG.values(), ids=list(WRONG))
def test_another_waterfall_is_found_out(small_lives: Small, right: str, wrong: str) -> None:
    source = Path(stranger.__file__).read_text()
    assert source.count(right) == 1
    other = ModuleType("other")
    other.__file__ = stranger.__file__
    sys.modules["other"] = other
    exec(compile(source.replace(right, wrong), "other", "exec"), other.__dict__)
    with pytest.raises(other.Difference):
        other.recompute(*small_lives)


def test_a_unit_more_or_less_in_a_payout_is_found_out(small_lives: Small) -> None:
    logs, *rest = small_lives
    topic = next(each.topic for each in stranger.EVENTS["EMC"].values() if each.name == "Payout")
    paying = [place for place, log in enumerate(logs) if log.topics[0] == topic]
    # what is told of proceeds and held, and the last amount that is paid
    total, held, amount, empty = 5, 6, -1, 10
    for turn, place in enumerate(paying):
        log = logs[place]
        words = [log.data[at : at + 32] for at in range(0, len(log.data), 32)]
        index = (total, held, amount if len(words) > empty else total)[turn % 3]
        words[index] = (int.from_bytes(words[index], "big") ^ 1).to_bytes(32, "big")
        changed = [*logs[:place], log._replace(data=b"".join(words)), *logs[place + 1 :]]
        with pytest.raises(stranger.Difference):
            stranger.recompute(changed, *rest)


class NativeLives(Lives):
    """In native coin."""


class WholeUnitLives(Lives):
    """In a token without decimals."""

    decimals = 0


class CentLives(Lives):
    """In a token with 2 decimals."""

    decimals = 2


class StablecoinLives(Lives):
    """In a token with 6 decimals."""

    decimals = 6


TestNativeLives = NativeLives.TestCase
TestWholeUnitLives = WholeUnitLives.TestCase
TestCentLives = CentLives.TestCase
TestStablecoinLives = StablecoinLives.TestCase
TestNativeLives.settings = TestWholeUnitLives.settings = EFFORT
TestCentLives.settings = TestStablecoinLives.settings = EFFORT
