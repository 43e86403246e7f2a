"""A life played by the test accounts of a local chain: bidding, deciding and rating without files.

For demonstrations and tests; prints nothing.
"""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from emc.chain.edge import Chain, send
from emc.client import bidding, calling, reviews, standing, till
from emc.client.bidding import Posting
from emc.client.decisions import Decision
from emc.client.reviews import Review
from emc.client.standing import Standing
from emc.client.system import System
from emc.core import ratings
from emc.core.limits import MAX_ROLE
from emc.core.ratings import Vector
from emc.core.terms import NATIVE, Metric
from emc.core.units import format_part
from emc.files.calls import Bid, Call
from emc.files.canvas import Canvas
from emc.files.canvas_parts import Node
from emc.files.proposal import Body, Proposal, applied

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

_DAY = 86_400

# told after each of many steps
Advance = Callable[[int], None]
# the stars that one ME gives another
Opinion = Callable[[int, int], Vector]


def _silent(_: int) -> None:
    """Nobody watches."""


def wait(chain: Chain, seconds: int) -> None:
    """Let time pass on the embedded chain."""
    chain.provider.set_timestamp(chain.now + seconds)
    chain.provider.mine()


@contextmanager
def own_salts() -> Iterator[None]:
    """Keep the salts of this chain, which is gone soon, apart from those of lasting ones."""
    with tempfile.TemporaryDirectory() as folder:
        before = os.environ.get("EMC_SALTS")
        os.environ["EMC_SALTS"] = folder
        try:
            yield
        finally:
            os.environ.pop("EMC_SALTS")
            if before is not None:
                os.environ["EMC_SALTS"] = before


def account_of(system: System, me: int, among: int) -> "AccountAPI":
    """The test account behind an ME.

    Args:
        among: How many test accounts to look at.
    """
    address = str(system.registry.account_of(me))
    by_address = {each.address: each for each in system.chain.test_accounts(among)}
    return by_address[address]


# finding each other


def call_for(canvas: Canvas, node: Node, **other: Any) -> Call:
    """A call for somebody who fills a node of a canvas."""
    return Call.model_validate(
        {
            "title": canvas.title,
            "role": node.role[:MAX_ROLE],
            "scenario": canvas.scenario,
            "proposition": canvas.proposition,
            "needs": list(node.obligations),
            "share": {"lower": percent(node.share.lower), "upper": percent(node.share.upper)},
            "deadline": "14d",
            "currency": canvas.currency.model_dump(),
            **other,
        }
    )


def bid_as(node: Node, payee: str, name: str | None = None, asked: int | None = None) -> Bid:
    """The bid of somebody who would fill a node as the canvas has it.

    Args:
        asked: Ppm; none: the node's share up to the benchmark.
    """
    share = node.share
    return Bid.model_validate(
        {
            "key": node.key,
            "name": name or node.name,
            "solution": " ".join(node.obligations),
            "obligations": list(node.obligations),
            "expected_performance": list(node.expected_performance),
            "share": {
                "asked": percent(share.base if asked is None else asked),
                "lower": percent(share.lower),
                "upper": percent(share.upper),
            },
            "cost_cover": node.cost_cover,
            "running_cost": percent(node.running_cost),
            "payee": payee,
        }
    )


def post(system: System, call: Call, leader: "AccountAPI", emc: Standing | None = None) -> Posting:
    """Open a call; for a running EMC if one is named."""
    terms = calling.argument(system, call, system.chain.now, emc.emc if emc else NATIVE)
    number, _ = calling.open_(system, terms, "", emc, leader)
    return bidding.posting(system, number)


def award(posting: Posting, me: int, leader: "AccountAPI") -> Posting:
    """Wait until places can be given, and give one."""
    system = posting.system
    wait(system.chain, max(posting.opens_until - system.chain.now, 0) + 1)
    calling.award(system, posting.number, posting.offer_of(me), leader)
    return bidding.posting(system, posting.number)


def percent(ppm: int) -> str:
    """A part as people write it."""
    return format_part(ppm).removesuffix("%")


# deciding


def decide_on(system: System, emc: str, change: Body) -> Decision:
    """A change as a proposal beside the chain."""
    now = standing.read(system, emc)
    terms_hash = applied(change, now.terms).hash()
    return Decision(now, Proposal(system.chain.id, emc, now.epoch, terms_hash, change))


def voters(decision: Decision, among: int) -> "dict[int, AccountAPI]":
    """The test account behind each voice, by row."""
    accounts = decision.standing.system.chain.test_accounts(among)
    by_address = {account.address: account for account in accounts}
    return {voice.row: by_address[voice.account] for voice in decision.voters}


def signed(
    decision: Decision,
    cast: "Mapping[int, AccountAPI]",
    rows: Sequence[int],
    advance: Advance = _silent,
) -> Decision:
    """The proposal with the signatures of these rows."""
    proposal = decision.proposal
    until = decision.standing.system.chain.now + _DAY
    for row in rows:
        proposal = proposal.signed(decision.sign(cast[row], until))
        advance(1)
    return Decision(decision.standing, proposal)


def count(
    system: System, emc: str, metric: Metric, amount: int, submitter: "AccountAPI"
) -> "ReceiptAPI":
    """A node submits a value of a measure; once its window is over it is counted."""
    now = standing.read(system, emc)
    row = now.row_of(submitter.address)
    table = (emc, now.terms.head(), now.terms.packed_rows())
    said = (bytes(metric), amount, system.chain.now, bytes(32))
    send("assessing", system.goals.assess, *table, now.terms.place_of(row), *said, sender=submitter)
    wait(system.chain, now.terms.assessment.window)
    return send("counting", system.goals.finalise, *table, bytes(metric), row, [], sender=submitter)


# ending and rating


def end(system: System, emc: str, account: "AccountAPI") -> None:
    """Wait for the end date, and end."""
    now = standing.read(system, emc)
    wait(system.chain, max(now.terms.ends_at - system.chain.now, 0) + 1)
    till.end(now, account)


def rate(
    system: System,
    emc: str,
    opinion: Opinion,
    among: int,
    silent: Sequence[int] = (),
    advance: Advance = _silent,
) -> Review:
    """A whole review: every member commits and reveals, and all is counted.

    Args:
        opinion: What each says of each other.
        silent: MEs that say nothing.
        advance: Told after each commitment and each revealing.
    """
    anybody = system.chain.test_accounts(1)[0]
    reviews.open_review(system, emc, anybody)
    review = reviews.review(system, emc)
    places = [p for p, member in enumerate(review.members) if member.me not in silent]
    cast = {place: account_of(system, review.members[place].me, among) for place in places}
    secrets = {}
    for place in places:
        me = review.members[place].me
        said = {other.me: opinion(me, other.me) for other in ratings.rateable(me, review.members)}
        packed = ratings.pack(review.members, said)
        secrets[place] = reviews.commit(review, place, packed, cast[place])
        advance(1)
    if silent:
        wait(system.chain, review.opened.commit_until - system.chain.now + 1)
    for place in places:
        reviews.reveal(review, place, secrets[place], cast[place])
        advance(1)
    wait(system.chain, max(review.opened.reveal_until - system.chain.now, 0) + 1)
    review = reviews.review(system, emc)
    reviews.finalise(review, range(len(review.members)), anybody)
    return reviews.review(system, emc)
