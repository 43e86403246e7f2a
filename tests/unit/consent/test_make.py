"""Making an EMC: at its address, once all have agreed, once, and complete in its events."""

import boa
import pytest
from eth_abi.abi import encode

from emc.core.terms import NATIVE, Bar, Gate, Terms
from emc.core.units import PPM
from tests import authority, tables
from tests.kit import COIN, World, address, deployer, events, replace, skip
from tests.till import ACTIVE, until
from tests.wallets import approval, approve, move_in, rotate, wallet_of


def page_of(emc: object) -> list[int]:
    """The payment page in words."""
    page = emc.page()  # type: ignore[attr-defined]
    return [int.from_bytes(page[i : i + 32], "big") for i in range(0, len(page), 32)]


def test_one_transaction_makes_what_all_signed_before_anything_was_on_chain(world: World) -> None:
    terms = world.terms()
    expected = world.address_of(terms)
    given = world.signatures(terms)
    assert boa.env.get_code(expected) == b""
    emc = world.make(terms, given)
    assert [type(log).__name__ for log in world.consent.get_logs()] == ["Made", "Adopted"]
    assert emc.address == expected
    assert emc.stage() == ACTIVE
    assert world.consent.terms_of(expected) == terms.hash()


def test_the_made_event_carries_all_terms_and_rows(world: World) -> None:
    token = world.token()
    rows = world.rows([400_000, 300_000, 200_000], running=[1, 2, 3], costs=[7, 0, 9])
    fund = tables.fund(3, 100_000, lower=1)
    terms = world.terms(
        (*rows, fund), currency=str(token.address), gate=Gate.TARGET, sink=3, disburse_at=5, nonce=8
    )
    emc = world.make(terms)
    (made,) = events(world.consent, "Made")
    rebuilt = Terms.from_packed(made.terms, made.rows)
    assert rebuilt == terms
    assert rebuilt.hash() == made.terms_hash == world.consent.terms_of(emc.address)
    assert made.emc == emc.address


# who


def test_anyone_makes_it_and_it_is_the_same(world: World) -> None:
    terms = world.terms()
    expected, given = world.address_of(terms), world.signatures(terms)
    for sender in (world.stranger, world.buyer, world.deployer, world.nodes[1].account):
        with boa.env.anchor():
            emc = world.make(terms, given, by=sender)
            assert (emc.address, emc.stage()) == (expected, ACTIVE)


def test_who_makes_it_has_no_part_in_it(world: World) -> None:
    emc = world.make()
    for name in ("terms_of", "nonce_of"):
        told = [emc.address] if name == "terms_of" else [emc.address, world.stranger]
        assert world.stranger[2:].lower() not in str(getattr(world.consent, name)(*told)).lower()
    assert bytes.fromhex(world.stranger[2:]) not in emc.page()


def test_the_makers_own_row_needs_no_signature_data(world: World) -> None:
    terms = world.terms()
    given = [approval(0), *world.signatures(terms)[1:]]
    emc = world.make(terms, given, by=world.nodes[0].account)
    (counted,) = events(world.consent, "Counted")
    assert (counted.emc, counted.row, counted.account, counted.matter) == (
        emc.address,
        0,
        world.nodes[0].account,
        world.consent.formation_matter(emc.address, terms.hash()),
    )
    assert emc.stage() == ACTIVE


def test_a_contract_wallet_makes_and_agrees_in_one_call(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 1)
    given = [world.signature(terms, 0), approval(1), world.signature(terms, 2)]
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    wallet.execute(world.consent.address, data)
    assert deployer("EMC.vy").at(world.address_of(terms)).stage() == ACTIVE


def test_nobody_agrees_for_another(world: World) -> None:
    terms = world.terms()
    rest = world.signatures(terms)[1:]
    for caller in (world.stranger, world.deployer, world.nodes[1].account):
        with boa.reverts("votes: not the signer"):
            world.make(terms, [approval(0), *rest], by=caller)
    with boa.reverts("votes: not the signer"):
        world.make(terms, [approval(0), approval(1), rest[1]], by=world.nodes[0].account)


def test_a_wallet_that_is_no_nodes_account_agrees_to_nothing_whoever_owns_it(world: World) -> None:
    terms = world.terms()
    wallet = wallet_of(world.nodes[0].account)
    given = [approval(0), *world.signatures(terms)[1:]]
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    with boa.reverts("votes: not the signer"):
        wallet.execute(world.consent.address, data)


# of whom


@pytest.mark.parametrize("missing", [[0], [1], [2], [0, 1], [1, 2], [0, 1, 2]])
def test_every_node_must_agree(world: World, missing: list[int]) -> None:
    terms = world.terms()
    given = [each for each in world.signatures(terms) if each[0] not in missing]
    with boa.reverts("consent: signature missing"):
        world.make(terms, given)
    assert world.consent.terms_of(world.address_of(terms)) == bytes(32)
    assert boa.env.get_code(world.address_of(terms)) == b""
    for index in missing:
        approve(world, terms, index)
    assert world.make(terms, given).stage() == ACTIVE


def test_a_beneficiary_is_not_asked(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = tables.fund(3, 100_000, party=world.stranger)
    terms = world.terms((*rows, fund))
    given = world.signatures(terms)
    for index in (3, 4, 2**256 - 1):
        with boa.reverts("consent: not asked"):
            world.make(terms, [*given, approval(index)])
    assert world.make(terms, given).stage() == ACTIVE


# once


def test_a_second_make_of_the_same_changes_nothing_and_returns_the_address(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms)
    world.sell(emc, 100, 1)
    before = emc.page(), emc.accounts(), emc.epoch()
    garbage = [(7, 0, b"\1" * 65)]
    for given in (world.signatures(terms), [], garbage, world.signatures(terms)[::-1]):
        for sender in (world.stranger, world.nodes[0].account):
            assert world.make(terms, given, by=sender).address == emc.address
            assert world.consent.get_logs() == []
    assert (emc.page(), emc.accounts(), emc.epoch()) == before
    assert world.consent.terms_of(emc.address) == terms.hash()


def test_a_second_make_asks_nobody_and_not_the_time(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    terms = world.terms(bar=Bar(registry=str(stars.address), stars=100, admits_unrated=False))
    for node in world.nodes:
        stars.set_stars(node.me, 100)
    emc = world.make(terms)
    stars.set_stars(world.nodes[1].me, 1)
    with boa.env.prank(world.nodes[0].account):
        world.consent.revoke(emc.address)
    until(terms.goal.deadline)
    assert world.make(terms, []).address == emc.address
    until(terms.ends_at)
    emc.end()
    assert world.make(terms, []).address == emc.address
    assert world.consent.get_logs() == []


def test_a_second_make_puts_no_first_terms_in_force_again(world: World) -> None:
    terms = world.terms(world.rows([400_000, 300_000, 300_000]))
    given = world.signatures(terms)
    emc = world.make(terms, given)
    new = authority.renegotiate(
        world, emc, terms, authority.reshare(terms, [500_000, 250_000, 250_000])
    )
    assert world.make(terms, given).address == emc.address
    assert world.consent.terms_of(emc.address) == new.hash()
    assert emc.epoch() == 2
    # the terms of today, made at first, are another EMC
    second = world.make(new)
    assert second.address != emc.address
    assert (second.epoch(), emc.epoch()) == (1, 2)


def test_other_terms_of_the_same_nodes_are_another_emc(world: World) -> None:
    terms = world.terms()
    assert world.make(terms).address != world.make(replace(terms, nonce=1)).address


def test_an_me_that_moved_makes_the_same_terms_elsewhere(world: World) -> None:
    terms = world.terms()
    given = world.signatures(terms)
    emc = world.make(terms, given)
    home = boa.env.generate_address("new home")
    rotate(world, 1, home)
    assert world.address_of(terms) != emc.address
    with boa.reverts("signatures: not the signer"):
        world.make(terms, given)
    signatures = world.signatures(terms)
    second = world.make(terms, [signatures[0], approval(1), signatures[2]], by=home)
    assert second.address == world.address_of(terms) != emc.address


# when


@pytest.mark.parametrize("moment", [-1, 0, 1])
@pytest.mark.parametrize("by", ["signatures", "approvals"])
def test_it_is_made_up_to_the_last_second_before_the_deadline(
    world: World, by: str, moment: int
) -> None:
    terms = world.terms()
    given = []
    if by == "signatures":
        given = world.signatures(terms)
    else:
        for index in range(3):
            approve(world, terms, index)
    until(terms.goal.deadline + moment)
    if moment < 0:
        assert world.make(terms, given).stage() == ACTIVE
        return
    with boa.reverts("consent: deadline is over"):
        world.make(terms, given)
    assert boa.env.get_code(world.address_of(terms)) == b""


def test_terms_that_are_over_are_not_made(world: World) -> None:
    terms = world.terms()
    goal = replace(terms.goal, deadline=boa.env.timestamp)
    for ends_at in (boa.env.timestamp, boa.env.timestamp + 1):
        over = replace(terms, ends_at=ends_at, goal=goal)
        with boa.reverts("consent: deadline is over"):
            world.make(over)
    skip(1)
    with boa.reverts("consent: deadline is over"):
        world.make(over)


# what it is


def test_the_emc_is_a_minimal_proxy_to_the_one_implementation(world: World) -> None:
    emc = world.make()
    code = boa.env.get_code(emc.address)
    implementation = bytes.fromhex(str(world.implementation.address)[2:])
    assert code.hex() == (
        "363d3d373d3d3d363d73" + implementation.hex() + "5af43d82803e903d91602b57fd5bf3"
    ) or code.hex() == (
        "3d602d80600a3d3981f3363d3d373d3d3d363d73"
        + implementation.hex()
        + "5af43d82803e903d91602b57fd5bf3"
    )
    assert emc.authority() == world.implementation.authority()
    assert emc.authority().consent == world.consent.address


@pytest.mark.parametrize("gate", list(Gate))
def test_the_payment_page_says_what_was_signed(world: World, gate: Gate) -> None:
    token = world.token()
    terms = world.terms(
        world.rows([500_000, 300_000, 200_000], running=[50_000, 0, 1], costs=[11, 0, 13]),
        currency=str(token.address),
        benchmark=10**6,
        target=10**7,
        gate=gate,
        starts_at=77,
        disburse_at=99,
    )
    words = page_of(world.make(terms))
    rest = PPM - 50_001
    assert words[:5] == [
        1 << 96 | terms.ends_at << 56 | 77 << 16 | 3 << 8,
        int(str(token.address), 16) << 96 | 99,
        24 * PPM << 128 | 10**6 * rest,
        10**7 * rest << 128 | terms.gate_at << 32 | rest,
        int(terms.backstop, 16) << 96,
    ]
    assert words[5:8] == [pay for _, pay, _ in terms.packed_rows()]
    assert words[8:] == [11 << 128, 13 << 128]


@pytest.mark.parametrize(("costs", "tail"), [([1, 2, 0, 4], [1 << 128 | 2, 4]), ([0] * 4, [])])
def test_cost_covers_share_words_of_the_page(
    world: World, costs: list[int], tail: list[int]
) -> None:
    words = page_of(world.make(world.terms(world.rows([250_000] * 4, costs=costs))))
    assert words[9:] == tail


def test_64_nodes_sign_in_one_transaction_below_the_limit_of_public_chains(world: World) -> None:
    terms = world.terms(world.rows([15_625] * 64, costs=[1] * 64))
    emc = world.make(terms)
    assert emc.stage() == ACTIVE
    assert len(page_of(emc)) == 5 + 64 + 32
    assert world.consent._computation.get_gas_used() < 16_000_000


def test_64_slow_contract_wallets_sign_below_the_limit_of_public_chains(world: World) -> None:
    terms = world.terms(world.rows([15_625] * 64, costs=[1] * 64))
    given = []
    for i in range(64):
        wallet = move_in(world, i)
        wallet.set_mode(1)
        # nearly all of the 200,000 that it may use
        wallet.set_toll(150_000)
        given.append((i, 2**40, b"\x01"))
    assert world.make(terms, given).stage() == ACTIVE
    assert world.consent._computation.get_gas_used() < 16_000_000


def test_no_coin_can_be_left_with_consent(world: World) -> None:
    terms = world.terms()
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), [])
    for call in (data, b""):
        sent = boa.env.execute_code(
            world.consent.address, sender=world.stranger, data=call, value=1
        )
        assert sent.is_error
    assert boa.env.get_balance(world.consent.address) == 0


# the bar


@pytest.mark.parametrize("below", [0, 1, 2])
def test_a_bar_is_asked_about_every_node_and_a_refusal_names_the_row(
    world: World, below: int
) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    terms = world.terms(bar=Bar(registry=str(stars.address), stars=350, admits_unrated=False))
    for row, node in enumerate(world.nodes):
        stars.set_stars(node.me, 349 if row == below else 350)
    given = world.signatures(terms)
    with boa.reverts(f"members: below the bar, row {below}"):
        world.make(terms, given)
    assert boa.env.get_code(world.address_of(terms)) == b""
    # nothing that was signed is lost
    stars.set_stars(world.nodes[below].me, 350)
    assert world.make(terms, given).stage() == ACTIVE


def test_a_bar_is_asked_about_who_approved_as_about_who_signed(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    terms = world.terms(bar=Bar(registry=str(stars.address), stars=350, admits_unrated=False))
    for index in range(3):
        approve(world, terms, index)
    with boa.reverts("members: below the bar, row 0"):
        world.make(terms, [])
    for node in world.nodes:
        stars.set_stars(node.me, 350)
    assert world.make(terms, []).stage() == ACTIVE


def test_who_has_not_agreed_is_named_before_the_bar_is_asked(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    terms = world.terms(bar=Bar(registry=str(stars.address), stars=350, admits_unrated=False))
    with boa.reverts("consent: signature missing"):
        world.make(terms, [])


def test_the_row_of_a_refusal_has_two_digits_where_it_must(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    bar = Bar(registry=str(stars.address), stars=1, admits_unrated=False)
    terms = world.terms(world.rows([15_625] * 64), bar=bar)
    for node in world.nodes[:63]:
        stars.set_stars(node.me, 1)
    with boa.reverts("members: below the bar, row 63"):
        world.make(terms)


@pytest.mark.parametrize("admits", [True, False])
def test_a_bar_may_admit_the_unrated(world: World, admits: bool) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    bar = Bar(registry=str(stars.address), stars=500, admits_unrated=admits)
    terms = world.terms(bar=bar)
    if admits:
        assert world.make(terms).stage() == ACTIVE
        return
    with boa.reverts("members: below the bar, row 0"):
        world.make(terms)


def test_a_bar_asks_nothing_of_beneficiaries(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    for node in world.nodes:
        stars.set_stars(node.me, 500)
    rows = world.rows([400_000, 300_000, 200_000])
    # the number of this controller is no ME's and has no stars
    fund = tables.fund(3, 100_000)
    terms = world.terms((*rows, fund), bar=Bar(registry=str(stars.address), stars=500))
    assert world.make(terms).stage() == ACTIVE


# money that was there before


def test_coin_that_was_sent_early_becomes_proceeds(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    with boa.env.prank(world.buyer):
        boa.env.raw_call(world.address_of(terms), value=COIN)
    emc = world.make(terms)
    assert (emc.total(), emc.accounts().received) == (0, 0)
    emc.absorb()
    assert boa.env.get_balance(address("payee 0")) == COIN // 2
    assert (emc.total(), emc.accounts().received) == (COIN, COIN)


def test_tokens_that_were_sent_early_become_proceeds_and_others_the_backstops(
    world: World,
) -> None:
    token, other = world.token(), world.token()
    terms = world.terms(world.rows([500_000, 300_000, 200_000]), currency=str(token.address))
    at = world.address_of(terms)
    with boa.env.prank(world.buyer):
        token.transfer(at, 1_000)
        other.transfer(at, 7)
        boa.env.raw_call(at, value=5)
    emc = world.make(terms)
    emc.absorb()
    assert token.balanceOf(address("payee 0")) == 500
    assert emc.total() == 1_000
    for foreign in (other.address, NATIVE):
        emc.rescue(foreign)
    assert other.balanceOf(address("backstop")) == 7
    assert boa.env.get_balance(address("backstop")) == 5


def test_the_native_coin_has_the_zero_address(world: World) -> None:
    terms = world.terms()
    assert terms.currency == NATIVE
    assert page_of(world.make(terms))[1] == 0


def test_the_arguments_of_make_are_what_the_hash_covers(world: World) -> None:
    terms = world.terms()
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), [])
    assert terms.encode() == encode(
        [
            "(uint256,uint256,uint256,bytes32,address,address,uint256,uint256,uint256,uint256,"
            "((bytes32,uint256,uint256)[3],uint256,uint256,bool),(uint256,uint256,uint256,uint256),"
            "(uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256),(uint256,uint256),"
            "(address,uint256,uint256,uint256,address,bool))",
            "(uint256,uint256,uint256)[]",
        ],
        [terms.head(), terms.packed_rows()],
    )
    assert len(data) > len(terms.encode())
