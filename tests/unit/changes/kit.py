"""What the tests of Changes share."""

from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.core.terms import Renegotiation, Row, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.authority import Given
from tests.kit import FAR, Node, World, address
from tests.till import key_of
from tests.wallets import rotate

# 50, 30 and 20 percent turned round
TURNED = [200_000, 300_000, 500_000]


def three(world: World, **changes: Any) -> Terms:
    """Rows at 50, 30 and 20 percent; every node must agree to other shares."""
    values: dict[str, Any] = {"renegotiation": Renegotiation(quorum=PPM)}
    return world.terms(world.rows([500_000, 300_000, 200_000]), **{**values, **changes})


def five(world: World, window: int = 1_000, objections: int = 400_000, **changes: Any) -> Terms:
    """Five nodes at 20 percent, a quorum of three, and a window in which two may object."""
    rules = Renegotiation(quorum=600_000, window=window, objections=objections)
    return world.terms(world.rows([200_000] * 5), **{"renegotiation": rules, **changes})


def shifted(terms: Terms, amount: int = 1) -> Terms:
    """The terms with so many ppm of every tranche moved from row 0 to row 1."""
    shares = [(row.base, row.leading, row.upside) for row in terms.rows]
    for place, sign in ((0, -1), (1, 1)):
        base, leading, upside = (share + sign * amount for share in shares[place])
        shares[place] = (base, leading, upside)
    return authority.reshare(terms, shares)


def reserve(row: int, share: int = 0) -> Row:
    """A beneficiary that a controller outside speaks for."""
    return tables.fund(row, share, party=address("reserve controller"), payee=address("reserve"))


def name_of(world: World, emc: VyperContract, new: Terms) -> bytes:
    """The name of other shares, as approvals and objections use it."""
    return bytes(world.changes.renegotiation_matter(emc.address, emc.epoch() + 1, new.hash()))


def name_for_all(world: World, emc: VyperContract, new: Terms) -> bytes:
    """The name of other terms, as everybody approves them."""
    return bytes(world.changes.amendment_matter(emc.address, emc.epoch() + 1, new.hash()))


def renegotiate(
    world: World,
    emc: VyperContract,
    terms: Terms,
    new: Terms,
    given: list[Given],
    by: str,
) -> None:
    """Somebody else than a stranger relays a renegotiation."""
    with boa.env.prank(by):
        world.changes.renegotiate(
            emc.address, terms.head(), terms.packed_rows(), authority.words(new), given
        )


def approve(world: World, node: Node, what: bytes, emc: VyperContract, until: int = FAR) -> None:
    """A node agrees on chain."""
    with boa.env.prank(node.account):
        world.changes.approve(emc.address, what, until)


def object_to(
    world: World, node: Node, what: bytes, emc: VyperContract, objects: bool = True
) -> None:
    """A node objects, or takes it back."""
    with boa.env.prank(node.account):
        world.changes.object(emc.address, what, objects)


def move(world: World, index: int, role: str) -> Node:
    """An ME rotates to another account with a key; gives what it was before."""
    old = world.nodes[index]
    key = key_of(role)
    rotate(world, index, key.address)
    world.nodes[index] = Node(old.me, key)
    return old
