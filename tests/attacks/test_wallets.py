"""Contract wallets that sign by ERC-1271: what counts, and what a hostile one can do."""

import boa
import pytest

from emc.core.terms import Terms
from tests.authority import Given
from tests.kit import World, address, events
from tests.till import ACTIVE
from tests.wallets import (
    Mode,
    approval,
    as_wallet,
    key_of,
    move_in,
    refused,
    rotate,
    wallet_of,
)

NOT_THE_SIGNER = "signatures: not the signer"


def among_others(world: World, terms: Terms, *given: Given) -> list[Given]:
    """What some nodes signed among the signatures of the others."""
    signatures = world.signatures(terms)
    for each in given:
        signatures[each[0]] = each
    return signatures


def test_a_wallet_that_answers_the_magic_word_has_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    given = as_wallet(world, terms, 0, wallet)
    assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE
    (made,) = events(world.consent, "Made")
    assert made.emc == world.consent.address_of(
        [wallet.address, *world.accounts(terms)[1:]], terms.hash()
    )


@pytest.mark.parametrize("length", [1, 64, 65, 66, 260, 325])
def test_a_wallets_signature_is_as_long_as_the_wallet_likes(world: World, length: int) -> None:
    terms = world.terms()
    move_in(world, 0, Mode.ANYTHING)
    given = (0, 2**40, bytes(length))
    assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE


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
    given = as_wallet(world, terms, 0, wallet)
    refused(world, terms, given)
    assert wallet.writes() == 0
    wallet.set_mode(int(Mode.OWNER))
    assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE


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
    given = as_wallet(world, terms, 0, wallet)
    wallet.set_toll(250_000)
    refused(world, terms, given)
    wallet.set_toll(150_000)
    assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE


def test_too_little_gas_never_makes_an_honest_wallet_a_liar(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0, Mode.ANYTHING)
    wallet.set_toll(150_000)
    given = among_others(world, terms, as_wallet(world, terms, 0, wallet))
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    seen = set()
    for gas in range(150_000, 1_000_000, 5_000):
        with boa.env.anchor():
            answer = boa.env.execute_code(world.consent.address, data=data, gas=gas)
        if answer.is_error:
            seen.add(answer.output[68:].rstrip(b"\0").decode())
        else:
            seen.add("made")
    assert seen == {"", "signatures: too little gas", "made"}


def test_a_wallet_that_changes_its_mind_once_the_emc_is_made_has_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    given = among_others(world, terms, as_wallet(world, terms, 0, wallet))
    emc = world.make(terms, given)
    wallet.set_mode(int(Mode.WRONG_MAGIC))
    wallet.execute(world.consent.address, world.consent.revoke.prepare_calldata(emc.address))
    assert world.make(terms, given).address == emc.address
    assert emc.stage() == ACTIVE


def test_a_wallet_revokes_what_it_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    at = world.address_of(terms)
    given = as_wallet(world, terms, 0, wallet)
    wallet.execute(world.consent.address, world.consent.revoke.prepare_calldata(at))
    refused(world, terms, given)
    given = as_wallet(world, terms, 0, wallet, nonce=1)
    assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE


def test_a_wallet_that_changes_its_mind_before_relaying_has_not_signed(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    given = as_wallet(world, terms, 0, wallet)
    wallet.set_mode(int(Mode.REVERT))
    refused(world, terms, given)


def test_a_wallets_owner_is_not_the_wallet(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 0)
    # signed in the key's own name
    refused(world, terms, world.signature(terms, 0))
    given = among_others(world, terms, approval(0))
    with boa.reverts("votes: not the signer"):
        world.make(terms, given, by=world.nodes[0].account)
    assert world.registry.account_of(world.nodes[0].me) == wallet.address


def test_one_owners_word_for_one_wallet_is_not_its_word_for_the_other(world: World) -> None:
    terms = world.terms()
    owner = key_of(world, 0)
    first = move_in(world, 0)
    second = wallet_of(owner.address)
    rotate(world, 1, second.address)
    given = as_wallet(world, terms, 0, first, key=owner)
    _, deadline, data = given
    for wrong in ((1, deadline, data), as_wallet(world, terms, 1, first, key=owner)):
        with boa.reverts(NOT_THE_SIGNER):
            world.make(terms, among_others(world, terms, given, wrong))
    both = [given, as_wallet(world, terms, 1, second, key=owner)]
    assert world.make(terms, among_others(world, terms, *both)).stage() == ACTIVE


def test_a_key_whose_account_has_code_signs_by_key_and_by_code(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    session = key_of(world, 1)
    # as EIP-7702 leaves it: a key's account that runs a wallet's code
    boa.env.set_code(account, boa.env.get_code(wallet_of(session.address).address))
    with boa.env.anchor():
        assert world.make(terms).stage() == ACTIVE
    with boa.env.anchor():
        given = world.signature(terms, 0, key=session, signer=account)
        assert world.make(terms, among_others(world, terms, given)).stage() == ACTIVE
    refused(world, terms, world.signature(terms, 0, key=key_of(world, 2), signer=account))


def test_a_key_whose_account_runs_hostile_code_still_signs(world: World) -> None:
    terms = world.terms()
    account = world.nodes[0].account
    # invalid: burns all it is given
    boa.env.set_code(account, b"\xfe")
    assert world.make(terms).stage() == ACTIVE


def test_an_account_without_code_is_not_asked(world: World) -> None:
    terms = world.terms()
    home = address("a home without key or code")
    rotate(world, 0, home)
    refused(world, terms, (0, 2**40, b"\x01"))
    refused(world, terms, world.signature(terms, 0))
