"""EMCs that do not do what was signed are caught, and the line that is wrong is named."""

from pathlib import Path
from typing import Any

import boa
import pytest

from emc.core.terms import Gate
from tests import authority, till
from tests.audit.kit import audit, chain, in_order, lines, variant, world_of
from tests.kit import skip

# one contract with all of an EMC's sins, each for an order number of its own
SHORT, LYING, LATE = 101, 102, 103
THIEF = (
    (
        "            payments.append(IEMC.Payment(payee=payee, amount=due))\n",
        "            if number == 101 and i == 1:\n                due -= 1\n"
        "            payments.append(IEMC.Payment(payee=payee, amount=due))\n",
    ),
    (
        'payee, b"", value=due, gas',
        'payee, b"", value=due - (1 if number == 102 and i == 1 else 0), gas',
    ),
    (
        "        assert block.timestamp < head >> 56 & page_layout.LOW40,",
        "        assert number == 103 or block.timestamp < head >> 56 & page_layout.LOW40,",
    ),
    (
        "    self._settle(Run.DISBURSED, 0, 0, empty(bytes32))\n",
        "    log IEMC.Payout(payer=msg.sender, epoch=1, number=7, customer=empty(bytes32),\n"
        "        gross=100, received=100, total=100, held=0, credited=0, payments=[])\n",
    ),
)
SPLITS_HELD_MONEY_ANEW = (
    "        forwards[place] = held\n",
    "        forwards[place] = last.at * (words[place] >> 56 & (2**20 - 1)) // page_layout.PPM\n",
)
SKIPS_THE_GATE = (
    "    if is_open:\n        gate_at = 0\n",
    "    gate_at = 0\n",
)


@pytest.fixture(scope="module")
def thief(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return variant(tmp_path_factory.mktemp("thief"), {"EMC.vy": THIEF})


def test_a_payment_that_is_one_unit_short_is_named_with_its_row(thief: Any) -> None:
    with chain() as node:
        world = world_of(thief)
        token = world.token()
        rows = world.rows([500_000, 300_000, 200_000])
        emc = world.make(world.terms(rows, currency=token.address))
        world.sell(emc, 1_000, SHORT, token)
        verdict = audit(node, emc)
    assert (verdict.word, verdict.exit_code) == ("NOT RECONCILED", 1)
    assert lines(verdict)[0] == ("Payout", "payment", 1, 299, 300)
    assert verdict.faults[0].text.startswith(f"block {verdict.faults[0].block}, transaction 0x")
    assert in_order(verdict)


@pytest.mark.parametrize("traces", [False, True])
def test_a_payment_that_is_short_of_what_its_event_says_is_seen_in_balances(
    thief: Any, traces: bool
) -> None:
    with chain(traces=traces) as node:
        world = world_of(thief)
        emc = world.make(world.terms(world.rows([500_000, 300_000, 200_000])))
        world.sell(emc, 1_000, LYING)
        payee = till.payee(1)
        verdict = audit(node, emc)
    if traces:
        assert lines(verdict) == [("Payout", "coin sent", 1, f"299 to {payee}", f"300 to {payee}")]
    else:
        # somebody may have given one unit, and the payee may have spent one: nobody can tell
        assert (verdict.word, verdict.exit_code) == ("NOT CHECKED", 2)
        of_coin, of_code = verdict.unproven
        assert "at most 1 of 1000, which came in beside it" in of_coin[0]
        assert "the EMC's code at" in of_code[0]
        assert of_coin[1]
        assert of_code[1]


def test_a_sale_after_the_end_is_named(thief: Any) -> None:
    with chain() as node:
        world = world_of(thief)
        terms = world.terms()
        emc = world.make(terms)
        world.sell(emc, 1_000, 1)
        till.until(terms.ends_at)
        late = boa.env.timestamp
        world.sell(emc, 1_000, LATE)
        verdict = audit(node, emc)
        assert lines(verdict) == [
            ("Payout", "time", None, late, f"from 0 to before {terms.ends_at}")
        ]


def test_a_sale_that_never_was_is_named(thief: Any) -> None:
    with chain() as node:
        world = world_of(thief)
        token = world.token()
        emc = world.make(world.terms(currency=token.address))
        emc.disburse(sender=world.stranger)
        verdict = audit(node, emc)
    assert ("Payout", "received", None, 100, 0) in lines(verdict)
    assert ("state", "total", None, 0, 100) in lines(verdict)
    assert verdict.word == "NOT RECONCILED"


def test_held_money_that_is_split_under_new_shares_is_named(
    tmp_path: Path,
) -> None:
    with chain() as node:
        world = world_of(variant(tmp_path, {"Pages.vy": [SPLITS_HELD_MONEY_ANEW]}))
        terms = till.held_terms(world)
        emc = world.make(terms)
        world.sell(emc, 800, 1)
        authority.renegotiate(
            world, emc, terms, authority.reshare(terms, [200_000, 300_000, 500_000])
        )
        world.sell(emc, 200, 2)
        verdict = audit(node, emc)
    # 800 under the first shares and 200 under the others; the variant gives all by the others
    assert lines(verdict)[:2] == [
        ("Payout", "payment", 0, 200, 440),
        ("Payout", "payment", 2, 500, 260),
    ]


def test_a_skipped_gate_is_named(tmp_path: Path) -> None:
    with chain() as node:
        world = world_of(variant(tmp_path, {"Pages.vy": [SKIPS_THE_GATE]}))
        emc = world.make(till.held_terms(world, gate=Gate.TARGET))
        world.sell(emc, 400, 1)
        skip(1)
        verdict = audit(node, emc)
    assert lines(verdict)[:3] == [
        ("Payout", "payment", 0, 200, 0),
        ("Payout", "payment", 1, 120, 0),
        ("Payout", "payment", 2, 80, 0),
    ]
    assert ("Payout", "held", None, 0, 400) in lines(verdict)


def test_what_an_emc_depends_on_and_nobody_knows_is_named(tmp_path: Path) -> None:
    for place, (path, change, name) in enumerate(
        [
            ("Pages.vy", ("@license AGPL-3.0-only", "@license AGPL-3.0-only\n@custom:x y"), ""),
            ("Pages.vy", SPLITS_HELD_MONEY_ANEW, "the page writer"),
            ("EMC.vy", THIEF[2], "the EMC's code"),
        ]
    ):
        with chain() as node:
            world = world_of(variant(tmp_path / str(place), {path: [change]}))
            emc = world.make(world.terms())
            world.sell(emc, 900, 1)
            verdict = audit(node, emc)
        assert lines(verdict) == []
        if not name:
            # other words, the same code
            assert verdict.word == "RECONCILED"
            continue
        assert verdict.word == "NOT CHECKED"
        assert any(name in text and serious for text, serious in verdict.unproven), verdict.unproven
