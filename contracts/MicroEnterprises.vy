# pragma version 0.4.3
# pragma nonreentrancy on
# pragma evm-version cancun
# pragma optimize gas
"""
@title MicroEnterprises
@license AGPL-3.0-only
@notice Identity of micro-enterprises: an id for life, one account at a time, a public profile.
@dev What is earned under an id (ratings, facts) follows the id. Only the two-step rotation, signed by
     the old account and accepted by the new one, puts another account behind it.
@custom:stop Nobody. There is no owner, and no function touches another ME's entry.
"""

from .interfaces import IMicroEnterprises

implements: IMicroEnterprises

KINDS: constant(uint256) = 4
CATEGORIES: constant(uint256) = 2
MAX_BATCH: constant(uint256) = 64
LOW128: constant(uint256) = 2**128 - 1

count: public(uint256)
account_of: public(HashMap[uint256, address])
me_of: public(HashMap[address, uint256])
offered: public(HashMap[uint256, address])
profile_hash_of: public(HashMap[uint256, bytes32])
# kind 128 | category 128
traits: HashMap[uint256, uint256]


# anyone

@external
def register(
    kind: uint256, category: uint256, profile_uri: String[256], profile_hash: bytes32
) -> uint256:
    """
    @notice Register the caller as a new micro-enterprise.
    @return The ME id, counted from 1 and never reused.
    @custom:refuses me: account in use; me: unknown category; me: unknown kind
    """
    self._check_free(msg.sender)
    self._check_category(category)
    assert kind != 0 and kind <= KINDS, "me: unknown kind"
    me: uint256 = self.count + 1
    self.count = me
    self.account_of[me] = msg.sender
    self.me_of[msg.sender] = me
    self.traits[me] = self._traits(kind, category)
    self.profile_hash_of[me] = profile_hash
    log IMicroEnterprises.Registered(
        me=me,
        account=msg.sender,
        kind=kind,
        category=category,
        profile_hash=profile_hash,
        profile_uri=profile_uri,
    )
    return me


@external
def accept_account(me: uint256):
    """
    @notice Second step: the offered account takes over the ME with its whole record; the old account is free again.
    @custom:refuses me: account in use; me: account not offered
    """
    assert self.offered[me] == msg.sender, "me: account not offered"
    self._check_free(msg.sender)
    old: address = self.account_of[me]
    self.offered[me] = empty(address)
    self.account_of[me] = msg.sender
    self.me_of[old] = 0
    self.me_of[msg.sender] = me
    log IMicroEnterprises.AccountRotated(me=me, old=old, new=msg.sender)


# the ME's account

@external
def offer_account(account: address):
    """
    @notice First step of a rotation: the caller's ME names the account that may take its place; zero withdraws the offer.
    @custom:refuses me: not registered
    """
    me: uint256 = self._caller()
    self.offered[me] = account
    log IMicroEnterprises.AccountOffered(me=me, account=account)


@external
def change_profile(category: uint256, profile_uri: String[256], profile_hash: bytes32):
    """
    @notice Replace the caller's category and profile. The kind stays.
    @custom:refuses me: not registered; me: unknown category
    """
    me: uint256 = self._caller()
    self._check_category(category)
    self.traits[me] = self._traits(self._kind(me), category)
    self.profile_hash_of[me] = profile_hash
    log IMicroEnterprises.ProfileChanged(
        me=me, category=category, profile_hash=profile_hash, profile_uri=profile_uri
    )


# views

@external
@view
def accounts_of(mes: DynArray[uint256, MAX_BATCH]) -> DynArray[address, MAX_BATCH]:
    """
    @notice The current accounts of several MEs, zero where there is no such ME.
    """
    accounts: DynArray[address, MAX_BATCH] = []
    for me: uint256 in mes:
        accounts.append(self.account_of[me])
    return accounts


@external
@view
def kind_of(me: uint256) -> uint256:
    """
    @notice The ME's kind, zero if there is no such ME.
    """
    return self._kind(me)


@external
@view
def category_of(me: uint256) -> uint256:
    """
    @notice The ME's category.
    """
    return self.traits[me] & LOW128


# internals

@internal
@view
def _caller() -> uint256:
    me: uint256 = self.me_of[msg.sender]
    assert me != 0, "me: not registered"
    return me


@internal
@view
def _kind(me: uint256) -> uint256:
    return self.traits[me] >> 128


@internal
@pure
def _traits(kind: uint256, category: uint256) -> uint256:
    return kind << 128 | category


@internal
@view
def _check_free(account: address):
    assert self.me_of[account] == 0, "me: account in use"


@internal
@pure
def _check_category(category: uint256):
    assert category <= CATEGORIES, "me: unknown category"
