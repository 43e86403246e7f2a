# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Consent
@license AGPL-3.0-only
@notice Where EMCs are made: once all nodes have agreed to the same terms, anyone makes the EMC, and it is active.
@dev Holds no money. An EMC's address follows from its nodes' accounts and the hash of its terms, so all can agree
     before anything is on chain, and nobody else can take the address.
@custom:stop Nobody. Who does not agree does not sign, or revokes.
"""

from .interfaces import IConsent
from .modules import clones
from .modules import epochs
from .modules import members
from .modules import messages
from .modules import terms as rules
from .modules import votes
from snekmate.utils import eip712_domain_separator as eip712

implements: IConsent
initializes: eip712
initializes: members
initializes: votes[eip712 := eip712]
exports: (eip712.eip712Domain, votes.approve, votes.revoke, votes.approved_until, votes.nonce_of)

MAX_ROWS: constant(uint256) = rules.MAX_ROWS

# hash of the terms in force of every EMC made here
agreed: HashMap[address, bytes32]


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC to make proxies of; it must obey this contract.
    """
    members.__init__(emc, micro_enterprises)
    assert members.AUTHORITY.consent == self, "consent: not our EMC"
    eip712.__init__("EMC Consent", "1")


# anyone

@external
def make(
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    signatures: DynArray[IConsent.Signature, MAX_ROWS],
) -> address:
    """
    @notice Make an EMC to whose terms every node has agreed, by signature or by approval; it is active after it. Where
            it was made already, nothing happens. Refused from the goal's deadline on.
    @param signatures What nodes signed, in the order of the rows.
    @custom:refuses consent: deadline is over; consent: not asked; consent: signature missing; members: backstop is
            a node's; members: payee cannot be paid; members: unknown ME; signatures: not the signer; signatures:
            too little gas; terms: any; votes: not the signer; votes: signature expired; what EMC.adopt may refuse
    """
    terms_hash: bytes32 = rules._hash(terms, rows)
    accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
    salt: bytes32 = clones._salt(accounts, terms_hash)
    emc: address = clones._address_of(members.IMPLEMENTATION, salt)
    if self.agreed[emc] != empty(bytes32):
        # somebody was first, with the same
        return emc
    assert block.timestamp < terms.goal.deadline, "consent: deadline is over"
    rules._check(terms, rows, True)
    members._check_payees(emc, terms, rows, accounts)
    motion: messages.Motion = messages._motion(messages.FORMATION, emc, 1, terms_hash)
    matter: bytes32 = messages._matter(motion)
    used: uint256 = 0
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        row: IConsent.Row = rows[i]
        if used < len(signatures) and signatures[used].row == i:
            votes._check_agreement(motion, matter, terms, row, accounts[i], signatures[used])
            used += 1
        else:
            assert votes._has_approved(emc, matter, i, accounts[i]), "consent: signature missing"
        if terms.bar.registry != empty(address):
            members._check_bar(terms.bar, row)
    assert used == len(signatures), "consent: not asked"
    self.agreed[emc] = terms_hash
    self._announce(emc, terms_hash, terms, rows)
    level: uint256 = rules._level(terms.goal, empty(uint256[rules.MAX_MEASURES]))
    emc = create_minimal_proxy_to(members.IMPLEMENTATION, salt=salt)
    epochs._adopt(emc, 1, terms, [], rows, level)
    return emc


# the table's other rooms

@external
def replace(emc: address, terms_hash: bytes32):
    """
    @notice Keep the hash of other terms in force. Changes and Conduct only.
    @custom:refuses consent: not the authority
    """
    assert msg.sender in [
        members.AUTHORITY.changes, members.AUTHORITY.conduct
    ], "consent: not the authority"
    self.agreed[emc] = terms_hash
    log IConsent.Replaced(emc=emc, terms_hash=terms_hash)


# views, open to contract wallets and registries while they are asked: they move nothing

@external
@view
def check(terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]) -> address:
    """
    @notice Refuse terms that break a rule, with the reason.
    @return The EMC's address, by the nodes' accounts as they are now.
    @custom:refuses members: backstop is a node's; members: payee cannot be paid; members: unknown ME; terms: any
    """
    accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
    emc: address = clones._address_of(
        members.IMPLEMENTATION, clones._salt(accounts, rules._hash(terms, rows))
    )
    rules._check(terms, rows, True)
    members._check_payees(emc, terms, rows, accounts)
    return emc


@external
@view
def check_later(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]
) -> DynArray[address, MAX_ROWS]:
    """
    @notice Refuse terms of a later epoch that break a rule, with the reason.
    @return The nodes' current accounts.
    @custom:refuses members: backstop is a node's; members: payee cannot be paid; members: unknown ME; terms: any
    """
    accounts: DynArray[address, MAX_ROWS] = members._accounts(rows)
    rules._check(terms, rows, False)
    members._check_payees(emc, terms, rows, accounts)
    return accounts


@external
@view
@reentrant
def terms_of(emc: address) -> bytes32:
    """
    @notice The hash of the terms in force of an EMC made here; zero for any other address.
    """
    return self.agreed[emc]


@external
@view
@reentrant
def address_of(accounts: DynArray[address, MAX_ROWS], terms_hash: bytes32) -> address:
    """
    @notice Where an EMC is or will be.
    @param accounts Of its nodes when it is made, in the order of the rows.
    """
    return clones._address_of(members.IMPLEMENTATION, clones._salt(accounts, terms_hash))


@external
@view
@reentrant
def terms_hash(terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]) -> bytes32:
    """
    @notice keccak-256 of abi.encode(terms, rows).
    """
    return rules._hash(terms, rows)


@external
@view
@reentrant
def formation_matter(emc: address, terms_hash: bytes32) -> bytes32:
    """
    @notice The name under which the first terms are approved.
    """
    return messages._matter(messages._motion(messages.FORMATION, emc, 1, terms_hash))


@external
@view
@reentrant
def formation_digest(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    """
    @notice The EIP-712 digest that the signer of a row signs.
    @custom:refuses members: no such row
    """
    motion: messages.Motion = messages._motion(messages.FORMATION, emc, 1, rules._hash(terms, rows))
    message: bytes32 = messages._agreement(
        motion, terms, members._row(rows, index), signer, nonce, deadline
    )
    return eip712._hash_typed_data_v4(message)


@external
@view
@reentrant
def implementation() -> address:
    """
    @notice The EMC contract behind every proxy.
    """
    return members.IMPLEMENTATION


@external
@view
@reentrant
def micro_enterprises() -> address:
    """
    @notice The registry that knows the nodes' accounts.
    """
    return members.MICRO_ENTERPRISES.address


# internals

@internal
def _announce(
    emc: address, terms_hash: bytes32, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]
):
    # in a small frame: memory costs by its square
    log IConsent.Made(emc=emc, terms_hash=terms_hash, terms=terms, rows=rows)
