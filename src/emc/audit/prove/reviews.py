"""Whether every rating is the one that was committed to, and every median is theirs."""

from dataclasses import dataclass, field

from eth_utils.crypto import keccak

from emc.audit.prove.faults import Faults
from emc.audit.prove.history import Happened, History
from emc.audit.prove.life import Life
from emc.audit.prove.records import CRITERIA, Records, differing
from emc.audit.read import abi
from emc.audit.read.known import Known
from emc.rpc.node import Node, Transaction

MIN_RATERS = 2


@dataclass(frozen=True)
class Member:
    """An ME that was a node, and its last row; times are zero for always."""

    me: int
    row: int
    joined_at: int
    left_at: int
    is_expelled: bool


@dataclass
class Review:
    """What nodes said of each other, by ME id."""

    members: list[Member] = field(default_factory=list)
    committed: dict[int, str] = field(default_factory=dict)
    # by rater: by rated, the stars of each criterion
    revealed: dict[int, dict[int, tuple[int, ...]]] = field(default_factory=dict)
    blocks: dict[int, int] = field(default_factory=dict)
    medians: dict[int, tuple[int, ...]] = field(default_factory=dict)
    is_open: bool = False
    has_ratings: bool = False
    commit_until: int = 0
    reveal_until: int = 0
    faults: Faults = field(default_factory=Faults)
    unproven: list[tuple[str, bool]] = field(default_factory=list)

    def stars_of(self, me: int, criterion: int) -> list[int]:
        """The stars that an ME got, in ascending order."""
        given = (each.get(me, (0, 0, 0, 0))[criterion] for each in self.revealed.values())
        return sorted(stars for stars in given if stars)


def members(life: Life) -> list[Member]:
    """Every ME that was a node: those that are, in the order of the table, then by row those that
    left.
    """
    times, epochs = life.history.times, life.epochs
    joined: dict[int, int] = {}
    left: dict[int, int] = {}
    party: dict[int, int] = {}
    for number, epoch in sorted(epochs.items()):
        now = epoch.terms.members
        at = times[epoch.event.block]
        for row_id, me in now.items():
            joined.setdefault(row_id, 0 if number == 1 else at)
            party[row_id] = me
        for row_id in party:
            if row_id not in now:
                left.setdefault(row_id, at)
    expelled = {epoch.event.number("row") for epoch in epochs.values() if epoch.cause == "expelled"}
    last = epochs[max(epochs)].terms.nodes
    found = {row.party: Member(row.party, row.id, joined[row.id], 0, False) for row in last}
    for row_id in sorted(left):
        me, is_expelled = party[row_id], row_id in expelled
        known = found.get(me)
        if known is None:
            found[me] = Member(me, row_id, joined[row_id], left[row_id], is_expelled)
            continue
        is_later = known.left_at != 0 and left[row_id] >= known.left_at
        found[me] = Member(
            me,
            row_id if is_later else known.row,
            min(known.joined_at, joined[row_id]),
            left[row_id] if is_later else known.left_at,
            known.is_expelled or is_expelled,
        )
    return list(found.values())


def did_overlap(one: Member, other: Member) -> bool:
    """Whether two were there at the same time."""
    return all(
        there.left_at == 0 or here.joined_at < there.left_at
        for here, there in ((one, other), (other, one))
    )


def median(stars: list[int]) -> int:
    """In hundredths; of an even number the mean of the middle two; of too few zero."""
    if len(stars) < MIN_RATERS:
        return 0
    return (stars[(len(stars) - 1) // 2] + stars[len(stars) // 2]) * 100 // 2


async def check(life: Life, node: Node, known: Known, chain_id: int) -> Review:
    """Go through an EMC's review."""
    review, history = Review(), life.history
    if known.reputation is None and life.ended_at is not None:
        review.unproven.append(
            ("ratings: none checked, as nobody names the Reputation; add --reputation", False)
        )
    if not history.reviews or known.reputation is None:
        return review
    records = Records(history.records)
    review.members = members(life)
    shown = [each for each in history.reviews if each.name == "Revealed"]
    sent = await node.transactions({each.tx for each in shown})
    for event in history.reviews:
        if event.name == "ReviewOpened":
            _opened(review, event, life)
        elif event.name == "Committed":
            if history.times[event.block] > review.commit_until:
                review.faults.add(event, "time", history.times[event.block], review.commit_until)
            review.committed[event.number("me")] = event.args["commitment"]
        elif event.name == "Revealed":
            _revealed(review, event, history, sent[event.tx], known.reputation, chain_id)
        elif event.name == "Finalised":
            _finalised(review, event, records)
    return review


def _opened(review: Review, event: Happened, life: Life) -> None:
    history, now, terms = life.history, life.time_of(event), life.terms
    spans = terms["review.commit"], terms["review.reveal"]
    review.is_open = True
    review.has_ratings = all(spans)
    review.commit_until = now + (spans[0] if review.has_ratings else 0)
    review.reveal_until = now + (sum(spans) if review.has_ratings else 0)
    review.faults.expect(event, "end of the EMC", event.number("ended_at"), life.ended_at)
    # what was absorbed after the end does not count
    review.faults.expect(event, "total", event.number("total"), life.ended_with)
    review.faults.expect(event, "commit until", event.number("commit_until"), review.commit_until)
    review.faults.expect(event, "reveal until", event.number("reveal_until"), review.reveal_until)
    # after the full time it only had not been ended
    disbanded = any(
        each.name == "Disbanded" and history.times[each.block] < terms["ends_at"]
        for each in history.table
    )
    review.faults.expect(event, "disbanded", event.args["is_disbanded"], disbanded)
    found = [
        Member(
            int(each["me"]),
            int(each["row"]),
            int(each["joined_at"]),
            int(each["left_at"]),
            bool(each["is_expelled"]),
        )
        for each in event.args["members"]
    ]
    if found != review.members:
        for one, other in zip(found, review.members, strict=False):
            review.faults.expect(event, "member", one, other, other.row)
        review.faults.expect(event, "members", len(found), len(review.members))


def _revealed(
    review: Review, event: Happened, history: History, sent: Transaction, at: str, chain_id: int
) -> None:
    me = event.number("me")
    ratings = bytes.fromhex(event.args["ratings"][2:])
    now = history.times[event.block]
    everybody = len(review.committed) == len(review.members)
    if now <= review.commit_until and not everybody:
        review.faults.add(event, "time", now, f"after {review.commit_until}")
    if now > review.reveal_until:
        review.faults.add(event, "time", now, f"at most {review.reveal_until}")
    salts = [
        call["salt"]
        for call in abi.calls("Reputation", "reveal", bytes.fromhex(sent.input[2:]))
        if call["emc"] == history.emc and call["ratings"] == ratings
    ]
    found = [commitment(chain_id, at, history.emc, me, ratings, salt) for salt in salts]
    what = f"block {event.block}: what ME {me} had committed to"
    if not found:
        review.unproven.append((what, True))
    elif review.committed.get(me) in found:
        pass
    elif (sent.to or "").lower() != at.lower():
        review.unproven.append((f"{what}: it came through {sent.to}", True))
    else:
        review.faults.add(event, "ratings", found[0], review.committed.get(me))
    if me in review.revealed:
        review.faults.add(event, "ratings", "revealed twice", "once")
    rater = next((each for each in review.members if each.me == me), None)
    if rater is None or len(ratings) != 2 * len(review.members):
        review.faults.add(event, "rater", me, "a member, with ratings for each")
        return
    given: dict[int, tuple[int, ...]] = {}
    for place, member in enumerate(review.members):
        pair = ratings[2 * place : 2 * place + 2]
        stars: tuple[int, ...] = pair[0] >> 4, pair[0] & 15, pair[1] >> 4, pair[1] & 15
        if any(stars) and (member is rater or not did_overlap(member, rater)):
            review.faults.add(event, "stars", stars, "none: not a colleague", member.row)
        if max(stars) > 5:
            review.faults.add(event, "stars", stars, "at most five", member.row)
        given[member.me] = stars
    review.revealed[me] = given
    review.blocks[me] = event.block


def commitment(chain_id: int, at: str, emc: str, me: int, ratings: bytes, salt: bytes) -> str:
    """What a member commits to."""
    head = abi.words(chain_id, at, emc, me, 6 * 32, salt, len(ratings))
    padded = ratings.ljust(-(-len(ratings) // 32) * 32, b"\0")
    return "0x" + keccak(head + padded).hex()


def _finalised(review: Review, event: Happened, records: Records) -> None:
    me = event.number("me")
    row = next((each.row for each in review.members if each.me == me), None)
    medians = []
    for place, criterion in enumerate(CRITERIA):
        stars = review.stars_of(me, place)
        medians.append(median(stars))
        found = int(event.args["medians"][place])
        review.faults.expect(event, f"median of {criterion}", found, medians[-1], row)
        raters = int(event.args["raters"][place])
        review.faults.expect(event, f"raters of {criterion}", raters, len(stars), row)
    is_withheld = review.has_ratings and me not in review.revealed
    for name, told, expected in differing(event.args["stars"], records.stars(me, event.place)):
        review.faults.expect(event, f"record of {name}", told, expected, row)
    review.faults.expect(event, "withheld", bool(event.args["is_withheld"]), is_withheld, row)
    review.medians[me] = tuple(medians)
