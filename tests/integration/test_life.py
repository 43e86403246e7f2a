"""The whole life of an EMC on the embedded chain: from the first call to the next."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ape.api.networks import ProviderContextManager

from emc.chain.edge import Chain, connect, send
from emc.cli import trust as trust_command
from emc.client import (
    bidding,
    calling,
    drawing_up,
    observed,
    registry,
    reputation,
    reviews,
    standing,
    submission,
)
from emc.client.consenting import Formation
from emc.client.proof import prove
from emc.client.system import SIGNATURE_SPAN, System
from emc.core import orders, trust
from emc.core.orders import Batch, Order
from emc.core.ratings import Vector
from emc.core.scorecard import Buyers, score
from emc.core.terms import Row
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files import canvas, draft
from emc.files.calls import Bid
from emc.files.compile import load_parties
from emc.files.draft import Place
from emc.files.proposal import Amendment, Renegotiation, Share, document_of
from scripts import rehearsal
from tests.core.test_calls import FILL
from tests.kit import address
from tests.spec.ratings import median

CANVAS = Path(__file__).parents[2] / "canvases" / "breakfast-box.yaml"
PERCENT = PPM // 100
CAST = 10
# test accounts
BAKER, ROASTER, COURIER, RIVAL, LATE = 1, 2, 3, 6, 7
GOOD, POOR = (5, 4, 5, 4), (2, 1, 2, 1)


@pytest.fixture
def chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    monkeypatch.setenv("EMC_SALTS", str(tmp_path / "salts"))
    # ape would go on with the chain of the test before
    monkeypatch.setattr(ProviderContextManager, "connected_providers", {})
    with connect("ethereum:local:test") as connected:
        yield connected


def refused(posting: bidding.Posting, me: int, bid: Bid, account: int) -> str:
    """Why the contract refuses a bid."""
    with pytest.raises(EMCError, match="calls: below the bar"):
        bidding.place(posting, me, bid, "", posting.system.chain.test_accounts(CAST)[account])
    return posting.shortfall(me)


def test_from_the_first_call_to_the_next(chain: Chain, tmp_path: Path) -> None:
    whole = canvas.load(CANVAS)
    accounts = chain.test_accounts(CAST)
    seller, baker = accounts[0], accounts[BAKER]
    system = System.deploy(chain, seller)
    mes = {
        account: registry.register(system, accounts[account], "external")
        for account in (BAKER, ROASTER, COURIER, RIVAL, LATE)
    }

    # two calls: one sealed and open to newcomers, one that refuses them until it is amended
    roasting, delivery = whole.nodes[1], whole.nodes[2]
    sealed = rehearsal.call_for(whole, roasting, sealed=True)
    posting = rehearsal.post(system, sealed, baker)
    bids = {
        ROASTER: rehearsal.bid_as(roasting, accounts[ROASTER].address),
        RIVAL: rehearsal.bid_as(roasting, accounts[RIVAL].address, "Rival", roasting.share.upper),
    }
    for account, bid in bids.items():
        _, secret = bidding.place(posting, mes[account], bid, "", accounts[account])
        assert secret is not None
        assert secret.path.is_relative_to(tmp_path / "salts")
    # nothing of a sealed bid can be read, and nobody's commitment serves another
    assert [(each.state, each.share) for each in posting.offers()] == [("SEALED", None)] * 2
    rehearsal.wait(chain, posting.closes_at - chain.now + 1)
    bidding.unseal(posting, mes[ROASTER], "", accounts[ROASTER])
    posting = rehearsal.award(posting, mes[ROASTER], baker)
    assert [each.state for each in posting.offers()] == ["AWARDED", "SEALED"]
    assert posting.phase == "CLOSED"

    bar = {"stars": 3, "admits_unrated": False}
    carrying = rehearsal.post(system, rehearsal.call_for(whole, delivery, bar=bar), baker)
    courier = rehearsal.bid_as(delivery, accounts[COURIER].address)
    assert refused(carrying, mes[COURIER], courier, COURIER) == "unrated"
    easier = rehearsal.call_for(whole, delivery, bar={**bar, "admits_unrated": True})
    terms = calling.argument(system, easier, chain.now)
    send("amending", system.calls.amend, carrying.number, terms, "", sender=baker)
    carrying = bidding.posting(system, carrying.number)
    bidding.place(carrying, mes[COURIER], courier, "", accounts[COURIER])
    rehearsal.award(carrying, mes[COURIER], baker)

    # the canvas comes from the awarded bids; the leader fills in what they cannot know
    own = rehearsal.bid_as(whole.nodes[0], baker.address)
    drafted = draft.draft(
        chain.id,
        [sealed],
        [
            Place(mes[BAKER], "leader", own),
            Place(mes[ROASTER], "roasting", bids[ROASTER]),
            Place(mes[COURIER], "delivery", courier),
        ],
    )
    (tmp_path / "canvas.yaml").write_text(
        drafted.canvas
        + FILL.replace("20000", "4000").replace("30000", "5000")
        + "rules: {renegotiation: {quorum: 60, interval: 1d, window: 1d, objections: 40}}\n"
    )
    agreed = canvas.load(tmp_path / "canvas.yaml", now=chain.now)
    parties = drawing_up.local_cast(chain, system, agreed, lambda _: None)
    bundle = drawing_up.draw_up(chain, system, agreed, parties)
    bundle = drawing_up.sign_by_test_accounts(chain, system, bundle, lambda _: None)
    Formation(system, bundle).submit(seller)
    agreement = system.agreement(bundle.emc)
    assert agreement.stage == "ACTIVE"

    # sales: the same customer buys twice
    token = agreement.token
    assert token is not None
    send("minting", token.mint, seller.address, 10**7, sender=seller)
    agreement.prepare(seller, 10**7)

    def sell(*sold: Order) -> None:
        agreement.sell(seller, [Batch(sold[0].number, sold)], lambda *_: None)

    anna = orders.reference("anna", b"s" * 32)
    sell(Order(1, 1, 50_000, anna), Order(2, 2, 60_000, orders.NO_CUSTOMER))
    renegotiate(system, bundle.emc)
    sell(Order(3, 3, 100_000, anna))
    join(system, bundle.emc, mes[LATE])
    sell(Order(4, 4, 200_000, anna))
    rehearsal.end(system, bundle.emc, seller)
    proof = prove(agreement, standing.terms_by_epoch(system, bundle.emc))
    assert proof.faults == []
    assert agreement.accounts.received == 410_000

    # ratings: the courier did badly, the rider who came late says nothing
    review = rehearsal.rate(
        system,
        bundle.emc,
        lambda _, other: POOR if other == mes[COURIER] else GOOD,
        CAST,
        silent=[mes[LATE]],
    )
    assert len(review.revealed) == 3
    assert len(review.finalised) == 4
    records = {account: reputation.read(system, mes[account]) for account in mes}
    assert records[COURIER].summary.stars == (200, 100, 200, 100)
    assert records[ROASTER].summary.stars == (500, 400, 500, 400)
    assert records[ROASTER].summary.facts["completed"] == 1
    assert records[ROASTER].proceeds == {agreement.currency_address: 410_000}
    assert [records[account].summary.facts["withheld"] for account in (BAKER, LATE)] == [0, 1]
    assert records[RIVAL].summary.mean == 0
    check_medians(system, review)

    # trust reaches who was praised; the courier praised others and is praised by nobody
    found = trust.eigentrust(reviews.revealed(system), [mes[BAKER]])
    by_me = {each.me: each for each in found.scores}
    assert by_me[mes[ROASTER]].trust > 0
    assert (by_me[mes[COURIER]].trust, by_me[mes[COURIER]].blamed_by) == (0, 2)
    assert found.rings == ()

    # the next call refuses who did badly, and takes who did well
    again = {"stars": 3, "emcs": 1, "admits_unrated": False}
    following = rehearsal.post(system, rehearsal.call_for(whole, delivery, bar=again), baker)
    assert refused(following, mes[COURIER], courier, COURIER) == "too few stars"
    assert refused(following, mes[RIVAL], courier, RIVAL) == "unrated"
    better = rehearsal.bid_as(delivery, accounts[ROASTER].address)
    bidding.place(following, mes[ROASTER], better, "", accounts[ROASTER])
    assert [each.state for each in following.offers()] == ["OPEN"]

    # and the scorecard knows all of it
    facts = observed.facts(system, bundle.emc)
    assert facts.buyers == Buyers(orders=4, distinct=2, repeat=1)
    assert (facts.places, facts.won) == (3, 2)
    assert (facts.nodes, facts.external, facts.rows) == (4, 4, 4)
    assert (facts.proposals, facts.by_others) == (1, 1)
    (span,) = facts.spans
    assert 86_400 <= span < 2 * 86_400
    assert score(facts).phase == "scenario brand"


def test_an_emc_that_pays_and_praises_itself_is_exposed(
    chain: Chain, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = chain.test_accounts(CAST)
    system = System.deploy(chain, accounts[0])
    # somebody honest, and two MEs of one owner
    honest, *sybils = (
        registry.register(system, accounts[each], "external") for each in (BAKER, RIVAL, LATE)
    )
    whole = canvas.load(CANVAS)
    call = rehearsal.call_for(whole, whole.nodes[1], currency={"symbol": "ETH", "decimals": 18})
    bid = Bid.model_validate(
        {
            **rehearsal.bid_as(whole.nodes[1], accounts[RIVAL].address).document(),
            "share": {"asked": "50", "lower": "10", "upper": "90"},
            "cost_cover": "0",
        }
    )
    found = draft.draft(chain.id, [call], [Place(me, "praise", bid) for me in sybils])
    (tmp_path / "canvas.yaml").write_text(found.canvas + FILL)
    (tmp_path / "parties.yaml").write_text(
        found.parties + f'currency: native\nbackstop: "{address("backstop")}"\n'
    )
    agreed = canvas.load(tmp_path / "canvas.yaml", now=chain.now)
    parties = load_parties(tmp_path / "parties.yaml")
    bundle = drawing_up.draw_up(chain, system, agreed, parties)
    for each in (RIVAL, LATE):
        bundle = bundle.signed(
            Formation(system, bundle).sign(accounts[each], system.chain.now + SIGNATURE_SPAN)
        )
    Formation(system, bundle).submit(accounts[RIVAL])
    agreement = system.agreement(bundle.emc)
    agreement.sell(
        accounts[RIVAL], [Batch(1, (Order(1, 1, 10**6, orders.NO_CUSTOMER),))], lambda *_: None
    )
    rehearsal.end(system, bundle.emc, accounts[0])
    rehearsal.rate(system, bundle.emc, lambda *_: (5, 5, 5, 5), CAST)
    # one rater each is not enough for the record, and trust never reaches them
    assert reputation.read(system, sybils[0]).summary.mean == 0
    exposed = trust.eigentrust(reviews.revealed(system), [honest])
    assert {each.me: each.trust for each in exposed.scores if each.me in sybils} == {
        sybils[0]: 0,
        sybils[1]: 0,
    }
    trust_command.show(exposed)
    said = capsys.readouterr().out
    names = ", ".join(map(str, sybils))
    assert f"ring: ME {names} praise only each other in 1 EMC, and no trust reaches them" in said


def renegotiate(system: System, emc: str) -> None:
    """A node that does not lead proposes; the quorum signs after the window."""
    rows = standing.read(system, emc).terms.rows
    change = Renegotiation(
        shares=tuple(
            Share(row=row.id, base=row.base + by, leading=row.leading + by, upside=row.upside + by)
            for row, by in ((rows[0], -PERCENT), (rows[1], PERCENT))
        )
    )
    decision = rehearsal.decide_on(system, emc, change)
    cast = rehearsal.voters(decision, CAST)
    submission.open_(decision, cast[1], system.chain.now + 5 * 86_400)
    rehearsal.wait(system.chain, 86_400)
    decision = rehearsal.signed(decision, cast, [0, 1])
    submission.submit(decision, system.chain.test_accounts(1)[0])
    assert standing.read(system, emc).epoch == 2


def join(system: System, emc: str, me: int) -> None:
    """A late entry, by everybody's signature."""
    terms = standing.read(system, emc).terms
    leader = terms.rows[0]
    payee = str(system.registry.account_of(me))
    late = Row(3, me, payee, PERCENT, PERCENT, PERCENT, 0, 5 * PERCENT)
    base, leading, upside = (share - PERCENT for share in leader.shares)
    after = terms.with_row(0, base=base, leading=leading, upside=upside)
    after = replace(after, rows=(*after.rows, late))
    decision = rehearsal.decide_on(system, emc, Amendment(terms=document_of(after)))
    cast = rehearsal.voters(decision, CAST)
    decision = rehearsal.signed(decision, cast, [voice.row for voice in decision.voters])
    submission.submit(decision, system.chain.test_accounts(1)[0])
    assert standing.read(system, emc).epoch == 3


def check_medians(system: System, review: reviews.Review) -> None:
    """Medians on chain are those of what was revealed."""
    said: dict[int, list[Vector]] = {}
    for each in reviews.revealed(system):
        said.setdefault(each.ratee, []).append(each.vector)
    for member in review.members:
        (counted,) = reviews.finalised(system, member.me)
        for place in range(4):
            expected = median(each[place] for each in said[member.me])
            assert int(counted["medians"][place]) == (expected or 0)
