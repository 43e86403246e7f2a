"""Contract wallets as accounts of micro-enterprises, and what they sign."""

from enum import IntEnum
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account.signers.local import LocalAccount

from emc.core.terms import Terms
from tests.kit import COIN, World, deployer

SIGNING = 1


class Mode(IntEnum):
    """How a Wallet1271 answers; the numbers are those of the mock."""

    OWNER = 0
    ANYTHING = 1
    WRONG_MAGIC = 2
    LONG = 3
    SHORT = 4
    NOTHING = 5
    REVERT = 6
    BOMB = 7
    HUGE = 8
    BURN = 9
    WRITE = 10


def wallet_of(owner: str, mode: Mode = Mode.OWNER) -> VyperContract:
    """A new contract wallet."""
    wallet = deployer("mocks/Wallet1271.vy").deploy(owner)
    wallet.set_mode(int(mode))
    return wallet


def rotate(world: World, index: int, account: str) -> None:
    """Put another account behind the ME of a row."""
    node = world.nodes[index]
    with boa.env.prank(world.registry.account_of(node.me)):
        world.registry.offer_account(account)
    boa.env.set_balance(account, COIN)
    with boa.env.prank(account):
        world.registry.accept_account(node.me)


def move_in(world: World, index: int, mode: Mode = Mode.OWNER) -> VyperContract:
    """Put a contract wallet, owned by the node's key, behind the ME of a row."""
    wallet = wallet_of(world.nodes[index].account, mode)
    rotate(world, index, wallet.address)
    return wallet


def as_wallet(
    world: World, terms: Terms, index: int, wallet: VyperContract, **changes: Any
) -> tuple[int, int, bytes]:
    """What the owner's key signs in the wallet's name."""
    return world.signature(terms, index, signer=wallet.address, **changes)


def approval(index: int) -> tuple[int, int, bytes]:
    """A row's word without signature data: the caller must be its account."""
    return index, 0, b""


def sign(
    world: World, terms: Terms, given: list[Any], by: str | None = None, creator: str | None = None
) -> None:
    """Relay signatures, by default as a stranger."""
    with boa.env.prank(by or world.stranger):
        world.consent.sign(creator or world.creator, terms.head(), terms.packed_rows(), given)


def key_of(world: World, index: int) -> LocalAccount:
    """The key with which the ME of a row was registered."""
    return world.nodes[index].key


def refused(
    world: World, terms: Terms, given: Any, reason: str = "signatures: not the signer"
) -> None:
    """A stranger relays one signature, with the others good, and nothing comes of it."""
    index = given[0]
    with boa.reverts(reason):
        sign(world, terms, [given])
    others = [world.signature(terms, i) for i in range(len(terms.nodes)) if i != index]
    with boa.reverts(reason):
        sign(world, terms, [*others, given])
    at = world.address_of(terms)
    assert world.consent.seat_of(at, world.registry.account_of(terms.rows[index].party)) == 0
    assert deployer("EMC.vy").at(at).stage() == SIGNING
