# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title messages
@license AGPL-3.0-only
@notice What a node signs, as EIP-712 structs: its own row and what decides when it is paid, in flat
        fields that every wallet prints.
"""

from ..interfaces import IConsent
from ..interfaces import IGoals
from ..interfaces import IVotes
from . import packed_row
from . import page_layout


# what makes terms those of an epoch
struct Motion:
    # keccak-256 of the way in which they come into force: what is signed for one counts for no other
    act: bytes32
    emc: address
    epoch: uint256
    terms_hash: bytes32


AGREEMENT: constant(bytes32) = keccak256(
    "Agreement(string act,address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,address signer,address payee,address currency,uint256 base,uint256 leading,uint256 upside,uint256 lower,uint256 upper,uint256 running,uint256 cost,string gate,uint256 ends,address backstop,uint256 nonce,uint256 deadline)"
)
DEPARTURE: constant(bytes32) = keccak256(
    "Departure(address emc,uint256 epoch,bytes32 terms,uint256 row,uint256 me,address signer,address currency,string gate,uint256 ends,address backstop,uint256 nonce,uint256 deadline)"
)
EXPULSION: constant(bytes32) = keccak256(
    "Expulsion(address emc,uint256 epoch,uint256 accused,uint256 charged,string clause,uint256 row,uint256 me,address signer,uint256 nonce,uint256 deadline)"
)
DISBANDING: constant(bytes32) = keccak256(
    "Disbanding(address emc,uint256 epoch,uint256 row,uint256 me,address signer,address currency,address backstop,uint256 nonce,uint256 deadline)"
)
ASSESSMENT: constant(bytes32) = keccak256(
    "Assessment(address emc,uint256 epoch,string metric,uint256 value,uint256 measured,bytes32 evidence,uint256 row,uint256 me,address signer,uint256 nonce,uint256 deadline)"
)
# what terms are agreed to by: their first making, the quorum, or everybody
FORMATION: constant(bytes32) = keccak256("formation")
RENEGOTIATION: constant(bytes32) = keccak256("renegotiation")
AMENDMENT: constant(bytes32) = keccak256("amendment")
GATES: constant(bytes32[3]) = [keccak256("none"), keccak256("benchmark"), keccak256("target")]


@internal
@pure
def _motion(act: bytes32, emc: address, epoch: uint256, terms_hash: bytes32) -> Motion:
    return Motion(act=act, emc=emc, epoch=epoch, terms_hash=terms_hash)


@internal
@pure
def _matter(motion: Motion) -> bytes32:
    """
    @notice The name under which terms are approved.
    """
    return keccak256(abi_encode(motion))


@internal
@pure
def _agreement(
    motion: Motion,
    terms: IConsent.Terms,
    row: IConsent.Row,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    """
    @notice The struct hash of a node's word on the terms of an epoch.
    """
    return keccak256(
        abi_encode(
            AGREEMENT,
            motion,
            page_layout._id(row.pay),
            packed_row._party(row.party),
            signer,
            page_layout._payee(row.pay),
            terms.currency,
            page_layout._shares(row.pay),
            packed_row._lower(row.limits),
            packed_row._upper(row.limits),
            page_layout._running(row.pay),
            packed_row._cost(row.limits),
            GATES[terms.goal.gate],
            terms.ends_at,
            terms.backstop,
            nonce,
            deadline,
        )
    )


@internal
@pure
def _departure(motion: Motion, terms: IConsent.Terms, voter: IVotes.Voter) -> bytes32:
    """
    @notice The struct hash of the word of a node that is not in the new terms, on what decides when what is held
            for it is paid.
    """
    return keccak256(
        abi_encode(
            DEPARTURE,
            motion.emc,
            motion.epoch,
            motion.terms_hash,
            voter.row,
            voter.me,
            voter.signer,
            terms.currency,
            GATES[terms.goal.gate],
            terms.ends_at,
            terms.backstop,
            voter.nonce,
            voter.deadline,
        )
    )


@internal
@pure
def _expulsion(
    emc: address,
    epoch: uint256,
    accused: uint256,
    charged_at: uint256,
    clause: bytes32,
    voter: IVotes.Voter,
) -> bytes32:
    """
    @notice The struct hash of a node's vote to expel another.
    @param charged_at When it was charged first.
    @param clause keccak-256 of the cited clause.
    """
    return keccak256(abi_encode(EXPULSION, emc, epoch, accused, charged_at, clause, voter))


@internal
@pure
def _disbanding(
    emc: address, epoch: uint256, terms: IConsent.Terms, voter: IVotes.Voter
) -> bytes32:
    """
    @notice The struct hash of a node's word to end the EMC now.
    """
    return keccak256(
        abi_encode(
            DISBANDING,
            emc,
            epoch,
            voter.row,
            voter.me,
            voter.signer,
            terms.currency,
            terms.backstop,
            voter.nonce,
            voter.deadline,
        )
    )


@internal
@pure
def _assessment(
    emc: address, epoch: uint256, metric: bytes32, submitted: IGoals.Value, voter: IVotes.Voter
) -> bytes32:
    """
    @notice The struct hash of a node's word that a value is final at once.
    @param metric A measure's: the hash of its word, which is what EIP-712 encodes of a string.
    """
    return keccak256(
        abi_encode(
            ASSESSMENT,
            emc,
            epoch,
            metric,
            submitted.amount,
            submitted.measured_at,
            submitted.evidence,
            voter,
        )
    )
