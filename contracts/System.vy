# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title System
@license AGPL-3.0-only
@notice Creates the contracts that name each other: the EMC, and the four that decide for it.
@dev Deployed by the deterministic deployment proxy, so its address follows from its code and arguments; what it
     creates follows from its address and the step. Anyone takes the next step, and nothing else can be created.
@custom:stop Nobody.
"""

from .interfaces import IEMC
from .interfaces import ISystem

implements: ISystem

# the EMC, Consent, Changes, Conduct, Goals
STEPS: constant(uint256) = 5
# what creation code may have at most (EIP-3860)
MAX_CODE: constant(uint256) = 49_152

CODE_HASHES: immutable(bytes32[STEPS])
PAGES: immutable(address)
MICRO_ENTERPRISES: immutable(address)

# steps that are done
steps_done: public(uint256)


@deploy
def __init__(code_hashes: bytes32[STEPS], pages: address, micro_enterprises: address):
    """
    @param code_hashes Keccak-256 of each step's creation code, without arguments.
    @param pages Who writes the payment pages.
    """
    CODE_HASHES = code_hashes
    PAGES = pages
    MICRO_ENTERPRISES = micro_enterprises


# anyone

@external
def deploy(step: uint256, code: Bytes[MAX_CODE]) -> address:
    """
    @notice Create the next contract. A step that was done before, by whomever, changes nothing and needs no code.
    @param code Its creation code, without arguments.
    @return Where it is.
    @custom:refuses system: no such step; system: not created; system: not the next step; system: other code
    """
    at: address = self._address_of(step)
    if step < self.steps_done:
        return at
    assert step == self.steps_done, "system: not the next step"
    assert keccak256(code) == CODE_HASHES[step], "system: other code"
    self.steps_done = step + 1
    made: address = empty(address)
    if step == 0:
        authority: IEMC.Authority = IEMC.Authority(
            consent=self._address_of(1),
            changes=self._address_of(2),
            conduct=self._address_of(3),
            goals=self._address_of(4),
        )
        made = raw_create(code, authority, PAGES, revert_on_failure=False)
    else:
        made = raw_create(code, self._address_of(0), MICRO_ENTERPRISES, revert_on_failure=False)
    assert made == at, "system: not created"
    log ISystem.Created(step=step, contract=made)
    return made


@external
@view
def address_of(step: uint256) -> address:
    """
    @notice Where the contract of a step is, or will be.
    @custom:refuses system: no such step
    """
    return self._address_of(step)


@external
@view
def code_hash_of(step: uint256) -> bytes32:
    """
    @notice Keccak-256 of the creation code that a step takes.
    @custom:refuses system: no such step
    """
    assert step < STEPS, "system: no such step"
    return CODE_HASHES[step]


@external
@view
def pages() -> address:
    """
    @notice Who writes the payment pages of its EMCs.
    """
    return PAGES


@external
@view
def micro_enterprises() -> address:
    """
    @notice The registry of its nodes.
    """
    return MICRO_ENTERPRISES


# internals

@internal
@view
def _address_of(step: uint256) -> address:
    """
    @notice Where CREATE puts what this contract creates as its (step + 1)th: its nonce begins at 1 (EIP-161).
    """
    assert step < STEPS, "system: no such step"
    # the list of creator and nonce in RLP: 22 bytes, then 20 bytes
    nonce: Bytes[1] = slice(convert(step + 1, bytes32), 31, 1)
    hash: bytes32 = keccak256(concat(x"d694", convert(self, bytes20), nonce))
    return convert(convert(hash, uint256) & (2**160 - 1), address)
