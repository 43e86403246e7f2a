# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Reputation
@license AGPL-3.0-only
@notice Where the nodes of an ended EMC rate each other, blind, and what follows from it for each ME.
@dev Only EMCs that Consent made and that moved money are reviewed. Who was a node is read from the EMC itself, so
     that leaving avoids nothing. Nothing here loops over EMCs; a record is a fixed number of words per ME.
@custom:stop Nobody. There is no owner; what is revealed and what is counted never changes.
"""

from .interfaces import IConduct
from .interfaces import IConsent
from .interfaces import IEMC
from .interfaces import IGoals
from .interfaces import IReputation
from .interfaces import IReviews
from .modules import members as parties
from .modules import page_layout
from .modules import records
from .modules import review_plan
from .modules import roster
from .modules import tallies
from .modules import terms as rules

implements: IReputation
implements: IReviews
initializes: parties
initializes: records
initializes: tallies


struct Review:
    # hash of the members
    members: bytes32
    # packed as in the module `review_plan`
    plan: uint256
    # places that have committed 128 | places that have revealed 128
    done: uint256
    # by place
    finalised: uint256
    currency: address
    total: uint256


MAX_ROWS: constant(uint256) = rules.MAX_ROWS
MAX_MEMBERS: constant(uint256) = roster.MAX_MEMBERS

reviews: HashMap[address, Review]
# by EMC and ME
commitment_of: public(HashMap[address, HashMap[uint256, bytes32]])


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy.
    @param micro_enterprises The registry of its Consent.
    """
    parties.__init__(emc, micro_enterprises)
    assert (
        staticcall IConsent(parties.AUTHORITY.consent).micro_enterprises() == micro_enterprises
    ), "reviews: not our registry"


# anyone

@external
def open(emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]):
    """
    @notice Begin the review of an EMC that has ended and moved money; its windows run from now on.
    @param terms The terms in force at its end.
    @custom:refuses reviews: already open; reviews: no proceeds; reviews: not ended; reviews: not the terms in
            force; what EMC.epoch may refuse
    """
    assert staticcall IConsent(parties.AUTHORITY.consent).terms_of(emc) == keccak256(
        abi_encode(terms, rows)
    ), "reviews: not the terms in force"
    assert self.reviews[emc].members == empty(bytes32), "reviews: already open"
    assert staticcall IEMC(emc).stage() in (
        IEMC.Stage.ENDED | IEMC.Stage.CLOSED
    ), "reviews: not ended"
    # what comes in after the end costs nobody anything: it goes to the rows or the backstop again
    total: uint256 = staticcall IEMC(emc).ended_with() - 1
    assert total != 0, "reviews: no proceeds"
    head: uint256 = convert(extract32(staticcall IEMC(emc).page(), 0), uint256)
    # terms have both windows or none
    plan: review_plan.Plan = review_plan.Plan(
        ended_at=page_layout._ends_at(head),
        commit_until=block.timestamp + terms.review.commit,
        reveal_until=block.timestamp + terms.review.commit + terms.review.reveal,
        members=0,
        deadline=terms.goal.deadline,
        is_disbanded=staticcall IConduct(parties.AUTHORITY.conduct).is_disbanded(emc),
        is_goal_met=self._is_goal_met(emc, terms, total),
    )
    members: DynArray[IReviews.Member, MAX_MEMBERS] = roster._members(
        emc, rows, staticcall IConduct(parties.AUTHORITY.conduct).expelled_of(emc)
    )
    plan.members = len(members)
    self.reviews[emc] = Review(
        members=keccak256(abi_encode(members)),
        plan=review_plan._packed(plan),
        done=0,
        finalised=0,
        currency=terms.currency,
        total=total,
    )
    log IReviews.ReviewOpened(
        emc=emc,
        ended_at=plan.ended_at,
        commit_until=plan.commit_until,
        reveal_until=plan.reveal_until,
        currency=terms.currency,
        total=total,
        is_disbanded=plan.is_disbanded,
        is_goal_met=plan.is_goal_met,
        members=members,
    )


@external
def finalise(
    emc: address,
    members: DynArray[IReviews.Member, MAX_MEMBERS],
    places: DynArray[uint256, MAX_MEMBERS],
):
    """
    @notice Count members' medians and facts into their records, once the review is closed.
    @param places Whose, by place in the list, as many as fit in a block; who was counted already is skipped.
    @custom:refuses reviews: no such member; reviews: not closed; reviews: not the members
    """
    self._check_members(emc, members)
    review: Review = self.reviews[emc]
    assert self._phase(review.plan, review.done) == IReviews.Phase.CLOSED, "reviews: not closed"
    for place: uint256 in places:
        assert place < len(members), "reviews: no such member"
        # who was counted already delays nobody
        if review.finalised >> place & 1 == 0:
            review.finalised |= 1 << place
            self._finalise(emc, members[place], place, review)
    self.reviews[emc].finalised = review.finalised


# members

@external
def commit(
    emc: address,
    members: DynArray[IReviews.Member, MAX_MEMBERS],
    place: uint256,
    commitment: bytes32,
):
    """
    @notice Commit to one's ratings, or replace what was committed, before the commit window ends.
    @param place The caller's place in the list.
    @custom:refuses reviews: no commitment; reviews: no such member; reviews: not the member; reviews: not the
            members; reviews: not time to commit
    """
    me: uint256 = self._check_member(emc, members, place)
    done: uint256 = self.reviews[emc].done
    assert (
        self._phase(self.reviews[emc].plan, done) == IReviews.Phase.COMMIT
    ), "reviews: not time to commit"
    assert commitment != empty(bytes32), "reviews: no commitment"
    self.commitment_of[emc][me] = commitment
    self.reviews[emc].done = done | 1 << MAX_MEMBERS + place
    log IReviews.Committed(emc=emc, me=me, commitment=commitment)


@external
def reveal(
    emc: address,
    members: DynArray[IReviews.Member, MAX_MEMBERS],
    place: uint256,
    ratings: Bytes[2 * MAX_MEMBERS],
    salt: bytes32,
):
    """
    @notice Show the ratings committed to, once the commit window is over or every member has committed.
    @custom:refuses reviews: any
    """
    me: uint256 = self._check_member(emc, members, place)
    done: uint256 = self.reviews[emc].done
    assert done >> place & 1 == 0, "reviews: already revealed"
    assert (
        self._phase(self.reviews[emc].plan, done) == IReviews.Phase.REVEAL
    ), "reviews: not time to reveal"
    assert self.commitment_of[emc][me] == self._commitment(
        emc, me, ratings, salt
    ), "reviews: not as committed"
    assert len(ratings) == 2 * len(members), "reviews: wrong length"
    self.reviews[emc].done = done | 1 << place
    for i: uint256 in range(len(members), bound=MAX_MEMBERS):
        rating: uint256 = convert(slice(ratings, 2 * i, 2), uint256)
        if rating == 0:
            continue
        assert i != place, "reviews: own place"
        assert roster._did_overlap(members[i], members[place]), "reviews: were not there together"
        tallies.counts[emc][members[i].me] += tallies._one(rating)
    log IReviews.Revealed(emc=emc, me=me, ratings=ratings)


@external
def reply(
    emc: address,
    members: DynArray[IReviews.Member, MAX_MEMBERS],
    place: uint256,
    document: bytes32,
    uri: String[256],
):
    """
    @notice As a rated member, answer in public once the review is closed.
    @custom:refuses reviews: no such member; reviews: not closed; reviews: not rated; reviews: not the member;
            reviews: not the members
    """
    me: uint256 = self._check_member(emc, members, place)
    assert (
        self._phase(self.reviews[emc].plan, self.reviews[emc].done) == IReviews.Phase.CLOSED
    ), "reviews: not closed"
    assert tallies.counts[emc][me] != 0, "reviews: not rated"
    log IReviews.Replied(emc=emc, me=me, document=document, uri=uri)


# views

@external
@view
def meets(me: uint256, bar: IReputation.Bar) -> bool:
    """
    @notice Whether the ME's record reaches the bar.
    """
    return len(self._shortfall(me, bar)) == 0


@external
@view
def shortfall(me: uint256, bar: IReputation.Bar) -> String[32]:
    """
    @notice Why the ME's record does not reach the bar: "unrated", "too few stars", "too few EMCs",
            "too few proceeds"; empty if it does.
    """
    return self._shortfall(me, bar)


@external
@view
def commitment_to(
    emc: address, me: uint256, ratings: Bytes[2 * MAX_MEMBERS], salt: bytes32
) -> bytes32:
    """
    @notice What a member commits to: keccak-256 of abi.encode(chain id, this contract, emc, me, ratings, salt).
    """
    return self._commitment(emc, me, ratings, salt)


@external
@view
def phase_of(emc: address) -> IReviews.Phase:
    """
    @notice How far the review of an EMC is.
    """
    return self._phase(self.reviews[emc].plan, self.reviews[emc].done)


@external
@view
def review_of(emc: address) -> (bytes32, uint256, uint256, uint256, uint256, uint256):
    """
    @notice Hash of the members, last second to commit, last second to reveal, and which places have committed,
            revealed and been finalised, by bit.
    """
    review: Review = self.reviews[emc]
    plan: review_plan.Plan = review_plan._unpacked(review.plan)
    return (
        review.members,
        plan.commit_until,
        plan.reveal_until,
        self._committed(review.done),
        self._revealed(review.done),
        review.finalised,
    )


@external
@view
def counts_of(emc: address, me: uint256) -> uint256[20]:
    """
    @notice How often a member got 1 to 5 stars in each criterion, from the ratings revealed so far.
    """
    word: uint256 = tallies.counts[emc][me]
    counts: uint256[20] = empty(uint256[20])
    for i: uint256 in range(20):
        counts[i] = word >> 8 * i & 255
    return counts


@external
@view
def stars_of(me: uint256) -> (uint256[tallies.CRITERIA], uint256):
    """
    @notice The ME's record by criterion and as their mean, in hundredths of stars; zero where it is unrated.
    """
    return records._stars(me)


@external
@view
def facts_of(me: uint256) -> IReviews.Facts:
    """
    @notice What is known of an ME without anybody's opinion.
    """
    return records._facts(me)


@external
@view
def proceeds_of(me: uint256, currency: address) -> uint256:
    """
    @notice Proceeds of the EMCs in which the ME was to the end, from its joining on, in a currency (zero: native
            coin).
    """
    return records.proceeds[me][currency]


# internals: opening

@internal
@view
def _is_goal_met(emc: address, terms: IConsent.Terms, total: uint256) -> bool:
    goals: IGoals = IGoals(parties.AUTHORITY.goals)
    # a miss that was recorded stays one, whatever came in later
    return (
        total >= rules._proceeds(terms.goal).target
        and staticcall goals.level(emc, terms.goal) == page_layout.UPSIDE
        and not staticcall goals.is_missed(emc, terms)
    )


# internals: the end

@internal
def _finalise(emc: address, member: IReviews.Member, place: uint256, review: Review):
    me: uint256 = member.me
    plan: review_plan.Plan = review_plan._unpacked(review.plan)
    word: uint256 = tallies.counts[emc][me]
    medians: uint256[tallies.CRITERIA] = empty(uint256[tallies.CRITERIA])
    raters: uint256[tallies.CRITERIA] = empty(uint256[tallies.CRITERIA])
    for i: uint256 in range(tallies.CRITERIA):
        medians[i], raters[i] = tallies._median(word, i)
        if medians[i] != 0:
            records._fold(me, i, medians[i], plan.ended_at)
    is_withheld: bool = review_plan._has_ratings(plan) and review.done >> place & 1 == 0
    is_there: bool = member.left_at == 0
    # a seat counts from when it was taken, of those that came back the last one
    joined: uint256 = 0
    left_at: uint256 = 0
    if is_there:
        joined, left_at = staticcall IEMC(emc).stay_of(member.row)
    was_in_time: bool = is_there and joined & page_layout.LOW40 < plan.deadline
    records._note(
        me,
        IReviews.Facts(
            completed=convert(was_in_time and not plan.is_disbanded, uint256),
            goals_met=convert(was_in_time and plan.is_goal_met, uint256),
            disbanded=convert(is_there and plan.is_disbanded, uint256),
            expelled=convert(member.is_expelled, uint256),
            withheld=convert(is_withheld, uint256),
        ),
        review.currency,
        review.total - (joined >> 40) if is_there else 0,
    )
    stars: uint256[tallies.CRITERIA] = empty(uint256[tallies.CRITERIA])
    mean: uint256 = 0
    stars, mean = records._stars(me)
    log IReviews.Finalised(
        emc=emc, me=me, medians=medians, raters=raters, stars=stars, is_withheld=is_withheld
    )


# internals: checks

@internal
@view
def _check_members(emc: address, members: DynArray[IReviews.Member, MAX_MEMBERS]):
    assert (keccak256(abi_encode(members)) == self.reviews[emc].members), "reviews: not the members"


@internal
@view
def _check_member(
    emc: address, members: DynArray[IReviews.Member, MAX_MEMBERS], place: uint256
) -> uint256:
    """
    @notice The caller is the member at this place.
    @return Its ME id.
    """
    self._check_members(emc, members)
    assert place < len(members), "reviews: no such member"
    me: uint256 = members[place].me
    assert (
        msg.sender == staticcall parties.MICRO_ENTERPRISES.account_of(me)
    ), "reviews: not the member"
    return me


@internal
@view
def _phase(packed: uint256, done: uint256) -> IReviews.Phase:
    if packed == 0:
        return IReviews.Phase.UNOPENED
    plan: review_plan.Plan = review_plan._unpacked(packed)
    if not review_plan._has_ratings(plan):
        return IReviews.Phase.CLOSED
    committed: uint256 = self._committed(done)
    everybody: uint256 = (1 << plan.members) - 1
    if block.timestamp <= plan.commit_until and committed != everybody:
        return IReviews.Phase.COMMIT
    # once all who can have revealed, nothing more can come
    if block.timestamp <= plan.reveal_until and committed != self._revealed(done):
        return IReviews.Phase.REVEAL
    return IReviews.Phase.CLOSED


@internal
@pure
def _committed(done: uint256) -> uint256:
    return done >> MAX_MEMBERS


@internal
@pure
def _revealed(done: uint256) -> uint256:
    return done & page_layout.LOW128


@internal
@view
def _commitment(
    emc: address, me: uint256, ratings: Bytes[2 * MAX_MEMBERS], salt: bytes32
) -> bytes32:
    return keccak256(abi_encode(chain.id, self, emc, me, ratings, salt))


@internal
@view
def _shortfall(me: uint256, bar: IReputation.Bar) -> String[32]:
    stars: uint256[tallies.CRITERIA] = empty(uint256[tallies.CRITERIA])
    mean: uint256 = 0
    stars, mean = records._stars(me)
    if mean == 0:
        if not bar.admits_unrated:
            return "unrated"
    elif mean < bar.stars:
        return "too few stars"
    if records._facts(me).completed < bar.emcs:
        return "too few EMCs"
    if records.proceeds[me][bar.currency] < bar.proceeds:
        return "too few proceeds"
    return ""
