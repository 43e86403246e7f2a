"""Contract wallets that sign by ERC-1271: what counts, and what a hostile one can do."""

import boa
import pytest

from tests.kit import World, address
from tests.wallets import (
    Mode,
    approval,
    as_wallet,
    key_of,
    move_in,
    refused,
    rotate,
    sign,
    wallet_of,
)

SIGNING, ACTIVE = 1, 4
NOT_THE_SIGNER = "signatures: not the signer"


def test_a_wallet_that_answers_the_magic_word_has_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    emc = world.make(terms, [])
    sign(world, terms, [as_wallet(world, terms, 0, wallet)])
    assert world.consent.seat_of(emc.address, wallet.address) == 1
    sign(world, terms, world.signatures(terms)[1:])
    assert emc.stage() == ACTIVE


@pytest.mark.parametrize("length", [1, 64, 65, 66, 260, 325])
def test_a_wallets_signature_is_as_long_as_the_wallet_likes(world: World, length: int) -> None:
    terms = world.terms()
    wallet = move_in(world, 0, Mode.ANYTHING)
    emc = world.make(terms, [(0, 2**40, bytes(length))])
    assert world.consent.seat_of(emc.address, wallet.address) == 1


@pytest.mark.parametrize(
    "mode",
    [
        Mode.WRONG_MAGIC,
        Mode.LONG,
        Mode.SHORT,
        Mode.NOTHING,
        Mode.REVERT,
        Mode.BOMB,
        Mode.HUGE,
        Mode.BURN,
        Mode.WRITE,
    ],
)
def test_any_other_answer_of_a_wallet_is_no(world: World, mode: Mode) -> None:
    terms = world.terms()
    wallet = move_in(world, 0, mode)
    world.make(terms, [])
    refused(world, terms, as_wallet(world, terms, 0, wallet))
    assert wallet.writes() == 0
    wallet.set_mode(int(Mode.OWNER))
    sign(world, terms, [as_wallet(world, terms, 0, wallet)])


@pytest.mark.parametrize(("mode", "size"), [(Mode.HUGE, 65_536), (Mode.LONG, 33), (Mode.SHORT, 31)])
def test_the_hostile_wallet_really_answers_within_its_gas(
    world: World, mode: Mode, size: int
) -> None:
    wallet = move_in(world, 0, mode)
    data = wallet.isValidSignature.prepare_calldata(bytes(32), b"")
    answer = boa.env.execute_code(wallet.address, data=data, gas=200_000, is_modifying=False)
    assert not answer.is_error
    assert len(answer.output) == size
    assert answer.output[:4].hex() == "1626ba7e"


def test_a_wallet_may_use_200_000_gas_and_no_more(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0, Mode.ANYTHING)
    emc = world.make(terms, [])
    given = as_wallet(world, terms, 0, wallet)
    wallet.set_toll(250_000)
    refused(world, terms, given)
    wallet.set_toll(150_000)
    sign(world, terms, [given])
    assert world.consent.seat_of(emc.address, wallet.address) == 1


def test_too_little_gas_never_makes_an_honest_wallet_a_liar(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0, Mode.ANYTHING)
    wallet.set_toll(150_000)
    world.make(terms, [])
    given = as_wallet(world, terms, 0, wallet)
    data = world.consent.sign.prepare_calldata(
        world.creator, terms.head(), terms.packed_rows(), [given]
    )
    seen = set()
    for gas in range(150_000, 400_000, 2_500):
        with boa.env.anchor():
            answer = boa.env.execute_code(world.consent.address, data=data, gas=gas)
        if answer.is_error:
            seen.add(answer.output[68:].rstrip(b"\0").decode())
        else:
            seen.add("signed")
    assert seen == {"", "signatures: too little gas", "signed"}


def test_a_wallet_that_has_signed_cannot_be_asked_again_but_may_revoke(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    emc = world.make(terms, [])
    given = as_wallet(world, terms, 0, wallet)
    sign(world, terms, [given])
    wallet.set_mode(int(Mode.WRONG_MAGIC))
    with boa.env.anchor():
        sign(world, terms, world.signatures(terms)[1:])
        assert emc.stage() == ACTIVE
    wallet.execute(world.consent.address, world.consent.revoke.prepare_calldata(emc.address))
    sign(world, terms, world.signatures(terms)[1:])
    assert emc.stage() == SIGNING
    with boa.reverts(NOT_THE_SIGNER):
        sign(world, terms, [given])


def test_a_wallet_that_changes_its_mind_before_relaying_has_not_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    given = [as_wallet(world, terms, 0, wallet), *world.signatures(terms)[1:]]
    wallet.set_mode(int(Mode.REVERT))
    with boa.env.prank(world.creator), boa.reverts(NOT_THE_SIGNER):
        world.consent.make(terms.head(), terms.packed_rows(), given)


def test_a_wallets_owner_is_not_the_wallet(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    world.make(terms, [])
    # signed in the key's own name
    refused(world, terms, world.signature(terms, 0))
    with boa.reverts("consent: not the signer"):
        sign(world, terms, [approval(0)], by=world.nodes[0].account)
    assert world.registry.account_of(world.nodes[0].me) == wallet.address


def test_one_owners_word_for_one_wallet_is_not_its_word_for_the_other(world: World) -> None:
    terms = world.terms()
    owner = key_of(world, 0)
    first = move_in(world, 0)
    second = wallet_of(owner.address)
    rotate(world, 1, second.address)
    emc = world.make(terms, [])
    given = as_wallet(world, terms, 0, first, key=owner)
    _, deadline, data = given
    refused(world, terms, (1, deadline, data))
    refused(world, terms, as_wallet(world, terms, 1, first, key=owner))
    sign(world, terms, [given, as_wallet(world, terms, 1, second, key=owner)])
    assert [world.consent.seat_of(emc.address, w.address) for w in (first, second)] == [1, 2]


def test_a_key_whose_account_has_code_signs_by_key_and_by_code(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    session = key_of(world, 1)
    # as EIP-7702 leaves it: a key's account that runs a wallet's code
    boa.env.set_code(account, boa.env.get_code(wallet_of(session.address).address))
    emc = world.make(terms, [])
    with boa.env.anchor():
        sign(world, terms, [world.signature(terms, 0)])
        assert world.consent.seat_of(emc.address, account) == 1
    with boa.env.anchor():
        sign(world, terms, [world.signature(terms, 0, key=session, signer=account)])
        assert world.consent.seat_of(emc.address, account) == 1
    refused(world, terms, world.signature(terms, 0, key=key_of(world, 2), signer=account))


def test_a_key_whose_account_runs_hostile_code_still_signs(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    # invalid: burns all it is given
    boa.env.set_code(account, b"\xfe")
    emc = world.make(terms, [world.signature(terms, 0)])
    assert world.consent.seat_of(emc.address, account) == 1


def test_an_account_without_code_is_not_asked(world: World) -> None:
    terms = world.terms()
    home = address("a home without key or code")
    rotate(world, 0, home)
    world.make(terms, [])
    refused(world, terms, (0, 2**40, b"\x01"))
    refused(world, terms, world.signature(terms, 0))
