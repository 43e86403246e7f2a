"""Contract wallets as accounts of micro-enterprises, and what they sign."""

from enum import IntEnum
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_account.signers.local import LocalAccount

from emc.core.terms import Terms
from tests.kit import COIN, FAR, World, deployer


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
    CALL_BACK = 11


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


def approve(world: World, terms: Terms, index: int, until: int = FAR) -> None:
    """The current account of a row approves first terms on chain."""
    at = world.address_of(terms)
    with boa.env.prank(world.registry.account_of(terms.rows[index].party)):
        world.consent.approve(at, world.consent.formation_matter(at, terms.hash()), until)


def key_of(world: World, index: int) -> LocalAccount:
    """The key with which the ME of a row was registered."""
    return world.nodes[index].key


def refused(
    world: World, terms: Terms, given: Any, reason: str = "signatures: not the signer"
) -> None:
    """A signature, with the others good, makes nothing."""
    index = given[0]
    signatures = world.signatures(terms)
    signatures[index] = given
    with boa.reverts(reason):
        world.make(terms, signatures)
    at = world.address_of(terms)
    assert world.consent.terms_of(at) == bytes(32)
    assert boa.env.get_code(at) == b""
