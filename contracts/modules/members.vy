# pragma version 0.4.3
# pragma nonreentrancy on
# pragma optimize gas
"""
@title members
@license AGPL-3.0-only
@notice Who is behind a row, and where a row may be paid.
"""

from ..interfaces import IConsent
from ..interfaces import IEMC
from ..interfaces import IMicroEnterprises
from ..interfaces import IReputation
from . import packed_row

MAX_ROWS: constant(uint256) = 64

IMPLEMENTATION: immutable(address)
MICRO_ENTERPRISES: immutable(IMicroEnterprises)
AUTHORITY: immutable(IEMC.Authority)


@deploy
def __init__(emc: address, micro_enterprises: address):
    """
    @param emc The EMC contract behind every proxy.
    """
    IMPLEMENTATION = emc
    MICRO_ENTERPRISES = IMicroEnterprises(micro_enterprises)
    AUTHORITY = staticcall IEMC(emc).authority()


@internal
@view
def _accounts(rows: DynArray[IConsent.Row, MAX_ROWS]) -> DynArray[address, MAX_ROWS]:
    """
    @notice The nodes' current accounts; nodes come first in a table.
    """
    mes: DynArray[uint256, MAX_ROWS] = []
    for row: IConsent.Row in rows:
        if packed_row._is_node(row):
            mes.append(packed_row._party(row))
    return staticcall MICRO_ENTERPRISES.accounts_of(mes)


@internal
@view
def _account(party: uint256) -> address:
    """
    @notice Who speaks for a row: a node's current account, a beneficiary's controller.
    @param party The row's first word.
    """
    if party & 1 == 0:
        return convert(party >> 96, address)
    return staticcall MICRO_ENTERPRISES.account_of(party >> 96)


@internal
@pure
def _row(rows: DynArray[IConsent.Row, MAX_ROWS], index: uint256) -> IConsent.Row:
    assert index < len(rows), "members: no such row"
    return rows[index]


@internal
@view
def _check_controller(party: uint256):
    assert msg.sender == self._account(party), "members: not the controller"


@internal
@view
def _check_node(rows: DynArray[IConsent.Row, MAX_ROWS], index: uint256) -> uint256:
    """
    @notice The caller is the node at this place.
    @return The row's id.
    """
    row: IConsent.Row = self._row(rows, index)
    assert packed_row._is_node(row), "members: not a node"
    self._check_controller(row.party)
    return packed_row._id(row)


@internal
@view
def _check_payee(emc: address, currency: address, payee: address):
    assert payee not in [
        empty(address),
        emc,
        currency,
        IMPLEMENTATION,
        MICRO_ENTERPRISES.address,
        AUTHORITY.consent,
        AUTHORITY.changes,
        AUTHORITY.conduct,
        AUTHORITY.goals,
    ], "members: payee cannot be paid"


@internal
@view
def _check_payees(
    emc: address,
    terms: IConsent.Terms,
    rows: DynArray[IConsent.Row, MAX_ROWS],
    accounts: DynArray[address, MAX_ROWS],
):
    """
    @notice Every node is registered, every row can be paid, and the backstop is no node's.
    @param accounts The nodes' current accounts.
    """
    self._check_payee(emc, terms.currency, terms.backstop)
    index: uint256 = 0
    for row: IConsent.Row in rows:
        payee: address = packed_row._payee(row)
        self._check_payee(emc, terms.currency, payee)
        if packed_row._is_node(row):
            assert accounts[index] != empty(address), "members: unknown ME"
            assert (
                payee != terms.backstop and accounts[index] != terms.backstop
            ), "members: backstop is a node's"
        index += 1


@internal
@view
def _check_bar(terms: IConsent.Terms, row: IConsent.Row):
    if terms.bar.registry != empty(address) and packed_row._is_node(row):
        assert staticcall IReputation(terms.bar.registry).meets(
            packed_row._party(row), terms.bar
        ), concat("members: below the bar, row ", uint2str(packed_row._id(row)))


@internal
@view
def _check_in_force(emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]):
    """
    @notice The EMC is active, and these are its terms.
    """
    assert staticcall IConsent(AUTHORITY.consent).terms_of(emc) == keccak256(
        abi_encode(terms, rows)
    ), "members: not the terms in force"
    assert staticcall IEMC(emc).stage() == IEMC.Stage.ACTIVE, "members: not active"


@internal
@view
def _next_epoch(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]
) -> uint256:
    """
    @notice The EMC is active, and these are its terms.
    @return The number that new terms get.
    """
    self._check_in_force(emc, terms, rows)
    return staticcall IEMC(emc).epoch() + 1
