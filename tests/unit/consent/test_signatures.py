"""A node's word on first terms: in order, once, in time, by the account of today."""

from itertools import permutations

import boa
import pytest

from emc.core.typed_data import Act
from tests.kit import FAR, World, address, replace, skip
from tests.till import ACTIVE
from tests.wallets import approval, approve, as_wallet, move_in, refused, rotate


@pytest.mark.parametrize("order", [each for each in permutations(range(3)) if each != (0, 1, 2)])
def test_in_another_order_than_that_of_the_rows(world: World, order: tuple[int, ...]) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    with boa.reverts("consent: signature missing"):
        world.make(terms, [given[index] for index in order])
    assert world.make(terms, given).stage() == ACTIVE


def test_in_another_order_of_nodes_that_all_have_approved(world: World) -> None:
    terms = world.terms()
    for index in range(3):
        approve(world, terms, index)
    given = world.signatures(terms)
    for chosen in ([2, 1], [1, 0], [2, 0], [2, 1, 0]):
        with boa.reverts("consent: not asked"):
            world.make(terms, [given[index] for index in chosen])
    assert world.make(terms, [given[0], given[2]]).stage() == ACTIVE


@pytest.mark.parametrize("index", [0, 1, 2])
def test_that_is_given_twice(world: World, index: int) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    twice = [*given[: index + 1], *given[index:]]
    # the place of the next is taken, or nobody is left to be asked
    with boa.reverts("consent: signature missing" if index < 2 else "consent: not asked"):
        world.make(terms, twice)
    with boa.reverts("consent: signature missing" if index < 2 else "consent: not asked"):
        world.make(terms, [*given[: index + 1], approval(index), *given[index + 1 :]])


@pytest.mark.parametrize("row", [3, 63, 127, 128, 255, 256, 2**256 - 1])
def test_of_a_row_that_is_no_nodes(world: World, row: int) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    data = given[0][2]
    with boa.reverts("consent: not asked"):
        world.make(terms, [*given, (row, FAR, data)])
    with boa.reverts("consent: signature missing"):
        world.make(terms, [(row, FAR, data), *given])


def test_one_for_every_row(world: World) -> None:
    terms = world.terms()
    _, deadline, data = world.signature(terms, 0)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, [(index, deadline, data) for index in range(3)])


def test_one_bad_one_refuses_all(world: World) -> None:
    terms = world.terms()
    for index in range(3):
        refused(world, terms, (index, FAR, bytes(65)))


def test_who_sends_the_transaction_needs_no_deadline(world: World) -> None:
    terms = world.terms()
    given = [*world.signatures(terms)[:2], approval(2)]
    skip(1000)
    assert given[2][1] < boa.env.timestamp
    assert world.make(terms, given, by=world.nodes[2].account).stage() == ACTIVE


@pytest.mark.parametrize("act", [Act.RENEGOTIATION, Act.AMENDMENT])
def test_of_another_act(world: World, act: Act) -> None:
    terms = world.terms()
    refused(world, terms, world.signature(terms, 0, act=act))


@pytest.mark.parametrize("epoch", [0, 2, 2**255])
def test_of_another_epoch(world: World, epoch: int) -> None:
    terms = world.terms()
    refused(world, terms, world.signature(terms, 0, epoch=epoch))


def test_of_another_emc(world: World) -> None:
    terms = world.terms()
    other = replace(terms, nonce=1)
    refused(world, terms, world.signature(terms, 0, emc=world.address_of(other)))
    refused(world, terms, world.signature(other, 0))
    accounts = [world.nodes[0].account, world.nodes[1].account, world.stranger]
    elsewhere = world.consent.address_of(accounts, terms.hash())
    refused(world, terms, world.signature(terms, 0, emc=elsewhere))


def test_of_an_account_that_the_me_has_left(world: World) -> None:
    terms = world.terms()
    before = world.signatures(terms)
    home = boa.env.generate_address("new home")
    rotate(world, 0, home)
    # the address has moved with the account: nobody's old word is for it
    with boa.reverts("signatures: not the signer"):
        world.make(terms, before)
    rest = world.signatures(terms)[1:]
    with boa.reverts("votes: not the signer"):
        world.make(terms, [approval(0), *rest], by=world.nodes[0].account)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, [approval(0), *before[1:]], by=home)
    assert world.make(terms, [approval(0), *rest], by=home).stage() == ACTIVE


def test_an_me_that_comes_back_finds_the_word_of_all_as_it_was(world: World) -> None:
    """The address names the accounts, so what was signed for it is for these accounts."""
    terms = world.terms()
    before = world.signatures(terms)
    old = world.nodes[0].account
    rotate(world, 0, boa.env.generate_address("new home"))
    rotate(world, 0, old)
    assert world.make(terms, before).stage() == ACTIVE


def test_after_a_rotation_to_a_wallet_the_wallet_signs(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 1)
    refused(world, terms, world.signature(terms, 1))
    given = world.signatures(terms)
    given[1] = as_wallet(world, terms, 1, wallet)
    assert world.make(terms, given).stage() == ACTIVE


@pytest.mark.parametrize("difference", [-1, 0, 1])
def test_a_wallet_is_asked_with_200_000_gas(world: World, difference: int) -> None:
    terms = world.terms()
    wallet = address("wallet that counts its gas")
    rotate(world, 0, wallet)
    # what is left behind its first instruction, which costs 2
    left = 200_000 - 2 + difference
    # gas, push3 left, eq, push4 magic, mul, push1 224, shl, push0, mstore, push1 32, push0, return
    code = f"5a 62 {left:06x} 14 63 1626ba7e 02 60e0 1b 5f 52 6020 5f f3"
    boa.env.set_code(wallet, bytes.fromhex(code))
    given = world.signature(terms, 0, signer=wallet)
    if difference:
        refused(world, terms, given)
    else:
        rest = world.signatures(terms)[1:]
        assert world.make(terms, [given, *rest]).stage() == ACTIVE


def test_two_accounts_that_change_places_have_to_sign_anew(world: World) -> None:
    terms = world.terms()
    before = world.signatures(terms)
    first, second = world.nodes[0].account, world.nodes[1].account
    rotate(world, 0, boa.env.generate_address("between"))
    rotate(world, 1, first)
    rotate(world, 0, second)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, before)
    with boa.reverts("signatures: not the signer"):
        world.make(terms, [(0, FAR, before[1][2]), (1, FAR, before[0][2]), before[2]])
    keys = [world.nodes[1].key, world.nodes[0].key, world.nodes[2].key]
    given = [world.signature(terms, index, key=key) for index, key in enumerate(keys)]
    assert world.make(terms, given).stage() == ACTIVE
