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
from . import page_layout
from . import terms as rules

MAX_ROWS: constant(uint256) = rules.MAX_ROWS

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
        if packed_row._is_node(row.party):
            mes.append(packed_row._party(row.party))
    return staticcall MICRO_ENTERPRISES.accounts_of(mes)


@internal
@view
def _account(party: uint256) -> address:
    """
    @notice Who speaks for a row: a node's current account, a beneficiary's controller.
    @param party The row's first word.
    """
    if not packed_row._is_node(party):
        return convert(packed_row._party(party), address)
    return staticcall MICRO_ENTERPRISES.account_of(packed_row._party(party))


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
def _check_node(
    emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS], index: uint256
) -> uint256:
    """
    @notice The EMC is active, these are its terms, and the caller is the node at this place.
    @return The row's id.
    """
    self._check_in_force(emc, terms, rows)
    row: IConsent.Row = self._row(rows, index)
    assert packed_row._is_node(row.party), "members: not a node"
    self._check_controller(row.party)
    return page_layout._id(row.pay)


@internal
@view
def _check_payee(emc: address, currency: address, payee: address):
    # one by one, which costs a third of a list
    assert (
        payee != empty(address)
        and payee != emc
        and payee != currency
        and payee != IMPLEMENTATION
        and payee != MICRO_ENTERPRISES.address
        and payee != AUTHORITY.consent
        and payee != AUTHORITY.changes
        and payee != AUTHORITY.conduct
        and payee != AUTHORITY.goals
    ), "members: payee cannot be paid"


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
        payee: address = page_layout._payee(row.pay)
        self._check_payee(emc, terms.currency, payee)
        if packed_row._is_node(row.party):
            assert accounts[index] != empty(address), "members: unknown ME"
            assert (
                payee != terms.backstop and accounts[index] != terms.backstop
            ), "members: backstop is a node's"
        index += 1


@internal
@view
def _check_bar(bar: IReputation.Bar, row: IConsent.Row):
    if bar.registry != empty(address) and packed_row._is_node(row.party):
        assert staticcall IReputation(bar.registry).meets(
            packed_row._party(row.party), bar
        ), concat("members: below the bar, row ", uint2str(page_layout._id(row.pay)))


@internal
@view
def _check_in_force(emc: address, terms: IConsent.Terms, rows: DynArray[IConsent.Row, MAX_ROWS]):
    """
    @notice The EMC is active, and these are its terms.
    """
    assert staticcall IConsent(AUTHORITY.consent).terms_of(emc) == rules._hash(
        terms, rows
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
