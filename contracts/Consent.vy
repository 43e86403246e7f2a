# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title Consent
@license AGPL-3.0-only
@notice The table at which EMCs are made: all nodes sign the same terms, then the EMC is active.
@dev Holds no money. An EMC's address follows from its creator and the hash of its whole table, so all can sign
     before anything is on chain, and nobody else can take the address.
@custom:stop Nobody. Before activation any of its nodes can decline one EMC, for ever.
"""

from .interfaces import IConsent
from .interfaces import IEMC
from .modules import clones
from .modules import epochs
from .modules import members
from .modules import messages
from .modules import rows
from .modules import signatures
from .modules import terms as rules
from snekmate.utils import eip712_domain_separator as eip712

implements: IConsent
initializes: eip712
initializes: members
exports: eip712.eip712Domain

MAX_ROWS: constant(uint256) = rules.MAX_ROWS

# hash of the terms in force of every EMC made here
agreed: HashMap[address, bytes32]
declined: HashMap[address, bool]
# relayed while an EMC is incomplete: row id + 1
seat_of: public(HashMap[address, HashMap[address, uint256]])
nonce_of: public(HashMap[address, HashMap[address, uint256]])
# of all accounts together; zero spares a look-up per signature
revocations: HashMap[address, uint256]


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC to make proxies of; it must obey this contract.
    """
    members.__init__(emc, micro_enterprises)
    assert members.TABLE.consent == self, "consent: not our EMC"
    eip712.__init__("EMC Consent", "1")


# anyone

@external
def make(
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
    given: DynArray[IConsent.Signature, MAX_ROWS],
) -> address:
    terms_hash: bytes32 = keccak256(abi_encode(terms, table))
    emc: address = clones._address_of(members.IMPLEMENTATION, msg.sender, terms_hash)
    assert self.agreed[emc] == empty(bytes32), "consent: already made"
    is_declined: bool = self.declined[emc]
    accounts: DynArray[address, MAX_ROWS] = []
    if is_declined:
        # it can never be active; making it gives way to what was sent to its address
        assert len(given) == 0, "consent: declined"
    else:
        accounts = self._check_table(emc, terms, table, True)
    emc = create_minimal_proxy_to(members.IMPLEMENTATION, salt=clones._salt(msg.sender, terms_hash))
    self.agreed[emc] = terms_hash
    log IConsent.Made(emc=emc, creator=msg.sender, terms_hash=terms_hash, terms=terms, rows=table)
    if is_declined:
        extcall IEMC(emc).open(terms.currency, terms.backstop)
        extcall IEMC(emc).decline()
    elif not self._count(emc, terms_hash, terms, table, given, accounts):
        extcall IEMC(emc).open(terms.currency, terms.backstop)
    return emc


@external
def sign(
    creator: address,
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
    given: DynArray[IConsent.Signature, MAX_ROWS],
):
    terms_hash: bytes32 = keccak256(abi_encode(terms, table))
    emc: address = clones._address_of(members.IMPLEMENTATION, creator, terms_hash)
    assert self.agreed[emc] == terms_hash, "consent: no such EMC"
    self._check_signing(emc)
    accounts: DynArray[address, MAX_ROWS] = members._accounts(table)
    self._count(emc, terms_hash, terms, table, given, accounts)


# nodes

@external
def revoke(emc: address):
    if self.agreed[emc] != empty(bytes32):
        self._check_signing(emc)
    nonce: uint256 = self.nonce_of[emc][msg.sender] + 1
    self.nonce_of[emc][msg.sender] = nonce
    self.revocations[emc] += 1
    self.seat_of[emc][msg.sender] = 0
    log IConsent.Revoked(emc=emc, account=msg.sender, nonce=nonce)


@external
def decline(
    creator: address, terms: IConsent.Terms, table: DynArray[IConsent.Row, MAX_ROWS], index: uint256
):
    terms_hash: bytes32 = keccak256(abi_encode(terms, table))
    emc: address = clones._address_of(members.IMPLEMENTATION, creator, terms_hash)
    members._check_node(table, index)
    assert not self.declined[emc], "consent: declined"
    if self.agreed[emc] != empty(bytes32):
        self._check_signing(emc)
        extcall IEMC(emc).decline()
    self.declined[emc] = True
    log IConsent.Declined(emc=emc, me=rows._party(table[index]))


# the table's other rooms

@external
def replace(emc: address, terms_hash: bytes32):
    assert msg.sender in [members.TABLE.changes, members.TABLE.conduct], "consent: not the table"
    self.agreed[emc] = terms_hash
    log IConsent.Replaced(emc=emc, terms_hash=terms_hash)


# views, open to contract wallets and registries while they are asked: they move nothing

@external
@view
def check(
    creator: address, terms: IConsent.Terms, table: DynArray[IConsent.Row, MAX_ROWS]
) -> address:
    emc: address = clones._address_of(
        members.IMPLEMENTATION, creator, keccak256(abi_encode(terms, table))
    )
    self._check_table(emc, terms, table, True)
    return emc


@external
@view
def check_later(
    emc: address, terms: IConsent.Terms, table: DynArray[IConsent.Row, MAX_ROWS]
) -> DynArray[address, MAX_ROWS]:
    return self._check_table(emc, terms, table, False)


@external
@view
@reentrant
def terms_of(emc: address) -> bytes32:
    return self.agreed[emc]


@external
@view
@reentrant
def is_declined(emc: address) -> bool:
    return self.declined[emc]


@external
@view
@reentrant
def address_of(creator: address, terms_hash: bytes32) -> address:
    return clones._address_of(members.IMPLEMENTATION, creator, terms_hash)


@external
@view
@reentrant
def terms_hash(terms: IConsent.Terms, table: DynArray[IConsent.Row, MAX_ROWS]) -> bytes32:
    return keccak256(abi_encode(terms, table))


@external
@view
@reentrant
def digest(
    emc: address,
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
    index: uint256,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    return self._digest(
        emc,
        keccak256(abi_encode(terms, table)),
        terms,
        members._row(table, index),
        signer,
        nonce,
        deadline,
    )


@external
@view
@reentrant
def implementation() -> address:
    return members.IMPLEMENTATION


@external
@view
@reentrant
def micro_enterprises() -> address:
    return members.MICRO_ENTERPRISES.address


# internals: formation

@internal
def _count(
    emc: address,
    terms_hash: bytes32,
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
    given: DynArray[IConsent.Signature, MAX_ROWS],
    accounts: DynArray[address, MAX_ROWS],
) -> bool:
    """
    @notice Check signatures; activate if with them every node has signed, else keep them.
    @param accounts The nodes' current accounts.
    """
    has_revocations: bool = self.revocations[emc] != 0
    signed: uint256 = 0
    approved: uint256 = 0
    for signature: IConsent.Signature in given:
        assert signature.row < len(accounts), "consent: not a node"
        account: address = accounts[signature.row]
        if len(signature.data) == 0:
            assert msg.sender == account, "consent: not the signer"
            approved |= 1 << signature.row
        else:
            assert block.timestamp <= signature.deadline, "consent: signature expired"
            nonce: uint256 = 0
            if has_revocations:
                nonce = self.nonce_of[emc][account]
            signatures._check(
                account,
                self._digest(
                    emc,
                    terms_hash,
                    terms,
                    table[signature.row],
                    account,
                    nonce,
                    signature.deadline,
                ),
                signature.data,
            )
        signed |= 1 << signature.row
    is_complete: bool = self._is_complete(emc, signed, accounts)
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        if signed >> i & 1 == 1 and not is_complete:
            self.seat_of[emc][accounts[i]] = i + 1
        # what completes an EMC stands in the transaction, except for approvals
        if (approved if is_complete else signed) >> i & 1 == 1:
            log IConsent.Signed(emc=emc, row=i, account=accounts[i])
    if is_complete:
        self._activate(emc, terms_hash, terms, table)
    return is_complete


@internal
@view
def _digest(
    emc: address,
    terms_hash: bytes32,
    terms: IConsent.Terms,
    row: IConsent.Row,
    signer: address,
    nonce: uint256,
    deadline: uint256,
) -> bytes32:
    return eip712._hash_typed_data_v4(
        messages._agreement(
            messages.FORMATION, emc, 1, terms_hash, terms, row, signer, nonce, deadline
        )
    )


@internal
@view
def _is_complete(emc: address, signed: uint256, accounts: DynArray[address, MAX_ROWS]) -> bool:
    if signed == (1 << len(accounts)) - 1:
        return True
    for i: uint256 in range(len(accounts), bound=MAX_ROWS):
        # a signature relayed earlier counts while the account is still the node's
        if signed >> i & 1 == 0 and self.seat_of[emc][accounts[i]] != i + 1:
            return False
    return True


@internal
def _activate(
    emc: address,
    terms_hash: bytes32,
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
):
    assert block.timestamp < terms.ends_at, "consent: already over"
    for row: IConsent.Row in table:
        members._check_bar(terms, row)
    log IConsent.Activated(emc=emc, terms_hash=terms_hash)
    epochs._adopt(emc, 1, terms, [], table, 0)


# internals: checks

@internal
@view
def _check_table(
    emc: address,
    terms: IConsent.Terms,
    table: DynArray[IConsent.Row, MAX_ROWS],
    is_first: bool,
) -> DynArray[address, MAX_ROWS]:
    """
    @return The nodes' current accounts.
    """
    rules._check(terms)
    rules._check_rows(terms, table, is_first)
    return members._check_payees(emc, terms, table)


@internal
@view
def _check_signing(emc: address):
    assert staticcall IEMC(emc).stage() == IEMC.Stage.SIGNING, "consent: not signing"
