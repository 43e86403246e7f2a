"""Making an EMC: at its address, with or without signatures, once, and complete in its events."""

import boa
import pytest
from eth_abi.abi import encode

from emc.core.terms import NATIVE, Bar, Gate, Row, Terms
from emc.core.units import PPM
from tests.kit import COIN, World, address, deployer, events, replace
from tests.wallets import approval, move_in, sign, wallet_of

SIGNING, ACTIVE = 1, 4


def page_of(emc: object) -> list[int]:
    """The payment page in words."""
    page = emc.page()  # type: ignore[attr-defined]
    return [int.from_bytes(page[i : i + 32], "big") for i in range(0, len(page), 32)]


def test_one_transaction_makes_and_activates_what_all_signed_before_anything_was_on_chain(
    world: World,
) -> None:
    terms = world.terms()
    expected = world.address_of(terms)
    given = world.signatures(terms)
    assert boa.env.get_code(expected) == b""
    emc = world.make(terms, given)
    logs = world.consent.get_logs()
    assert [type(log).__name__ for log in logs] == ["Made", "Activated", "Adopted"]
    assert (logs[1].emc, logs[1].terms_hash) == (expected, terms.hash())
    assert emc.address == expected
    assert emc.stage() == ACTIVE
    assert world.consent.terms_of(expected) == terms.hash()


def test_signatures_may_come_in_any_order(world: World) -> None:
    terms = world.terms()
    assert world.make(terms, world.signatures(terms)[::-1]).stage() == ACTIVE


def test_the_made_event_carries_the_whole_table(world: World) -> None:
    token = world.token()
    rows = world.rows([400_000, 300_000, 200_000], running=[1, 2, 3], costs=[7, 0, 9])
    fund = Row(3, address("controller"), address("fund"), 100_000, 100_000, 100_000, 1, PPM)
    terms = world.terms(
        (*rows, fund), currency=str(token.address), gate=Gate.TARGET, sink=3, disburse_at=5, nonce=8
    )
    emc = world.make(terms, [])
    (made,) = events(world.consent, "Made")
    rebuilt = Terms.from_packed(made.terms, made.rows)
    assert rebuilt == terms
    assert rebuilt.hash() == made.terms_hash == world.consent.terms_of(emc.address)
    assert (made.emc, made.creator) == (emc.address, world.creator)


def test_made_without_signatures_it_waits(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    assert [type(log).__name__ for log in world.consent.get_logs()] == ["Made"]
    assert emc.stage() == SIGNING
    assert world.consent.terms_of(emc.address) == terms.hash()
    with boa.env.prank(world.buyer), boa.reverts("emc: not active"):
        emc.sale(1, 1, bytes(32), value=1)


def test_made_with_a_part_of_the_signatures_it_keeps_them_and_waits(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [world.signature(terms, 2), world.signature(terms, 0)])
    signed = events(world.consent, "Signed")
    assert emc.stage() == SIGNING
    assert [(e.emc, e.row, e.account) for e in signed] == [
        (emc.address, 0, world.nodes[0].account),
        (emc.address, 2, world.nodes[2].account),
    ]
    assert [world.consent.seat_of(emc.address, node.account) for node in world.nodes] == [1, 0, 3]
    sign(world, terms, [world.signature(terms, 1)])
    assert emc.stage() == ACTIVE


def test_the_creators_own_row_needs_no_signature_data(world: World) -> None:
    terms = world.terms()
    leader = world.nodes[0].account
    given = [approval(0), *world.signatures(terms, creator=leader)[1:]]
    assert world.make(terms, given, creator=leader).stage() == ACTIVE


def test_a_contract_wallet_makes_and_approves_in_one_call(world: World) -> None:
    terms = world.terms()
    wallet = move_in(world, 1)
    given = [
        world.signature(terms, 0, creator=wallet.address),
        approval(1),
        world.signature(terms, 2, creator=wallet.address),
    ]
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), given)
    wallet.execute(world.consent.address, data)
    emc = deployer("EMC.vy").at(world.address_of(terms, wallet.address))
    assert emc.stage() == ACTIVE


def test_nobody_signs_for_another(world: World) -> None:
    terms = world.terms()
    with boa.env.prank(world.creator), boa.reverts("consent: not the signer"):
        world.consent.make(terms.head(), terms.packed_rows(), [approval(0)])
    leader = world.nodes[0].account
    with boa.env.prank(leader), boa.reverts("consent: not the signer"):
        world.consent.make(terms.head(), terms.packed_rows(), [approval(0), approval(1)])


def test_a_beneficiary_has_no_signature(world: World) -> None:
    rows = world.rows([400_000, 300_000, 200_000])
    fund = Row(3, world.creator, address("fund"), 100_000, 100_000, 100_000, 0, PPM)
    terms = world.terms((*rows, fund))
    for index in (3, 4, 2**256 - 1):
        with boa.env.prank(world.creator), boa.reverts("consent: not a node"):
            world.consent.make(terms.head(), terms.packed_rows(), [approval(index)])
    assert world.make(terms, world.signatures(terms)).stage() == ACTIVE


def test_nobody_takes_the_address_of_another_creator(world: World) -> None:
    terms = world.terms()
    expected = world.address_of(terms)
    given = world.signatures(terms)
    with boa.env.prank(world.stranger), boa.reverts("signatures: not the signer"):
        world.consent.make(terms.head(), terms.packed_rows(), given)
    squatter = world.make(terms, [], creator=world.stranger)
    assert squatter.address != expected
    assert boa.env.get_code(expected) == b""
    assert world.make(terms, given).address == expected


def test_the_same_terms_are_made_once(world: World) -> None:
    terms = world.terms()
    emc = world.make(terms, [])
    with boa.env.prank(world.creator), boa.reverts():
        world.consent.make(terms.head(), terms.packed_rows(), world.signatures(terms))
    assert emc.stage() == SIGNING
    sign(world, terms, world.signatures(terms))
    with boa.env.prank(world.creator), boa.reverts():
        world.consent.make(terms.head(), terms.packed_rows(), [])
    assert emc.stage() == ACTIVE
    again = world.make(replace(terms, nonce=1))
    assert again.address != emc.address


def test_declined_terms_are_not_made(world: World) -> None:
    terms = world.terms()
    with boa.env.prank(world.nodes[1].account):
        world.consent.decline(world.creator, terms.head(), terms.packed_rows(), 1)
    with boa.env.prank(world.creator), boa.reverts("consent: declined"):
        world.consent.make(terms.head(), terms.packed_rows(), world.signatures(terms))
    assert boa.env.get_code(world.address_of(terms)) == b""


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
        sent = boa.env.execute_code(world.consent.address, sender=world.creator, data=call, value=1)
        assert sent.is_error
    assert boa.env.get_balance(world.consent.address) == 0


def test_a_bar_is_enforced_when_the_last_one_signs(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    bar = Bar(registry=str(stars.address), stars=350, admits_unrated=False)
    terms = world.terms(bar=bar)
    for node, given in zip(world.nodes, (400, 350, 349), strict=True):
        stars.set_stars(node.me, given)
    with boa.env.prank(world.creator), boa.reverts("members: below the bar"):
        world.consent.make(terms.head(), terms.packed_rows(), world.signatures(terms))
    emc = world.make(terms, world.signatures(terms)[:2])
    with boa.env.prank(world.stranger), boa.reverts("members: below the bar"):
        world.consent.sign(
            world.creator, terms.head(), terms.packed_rows(), [world.signature(terms, 2)]
        )
    assert emc.stage() == SIGNING
    stars.set_stars(world.nodes[2].me, 350)
    sign(world, terms, [world.signature(terms, 2)])
    assert emc.stage() == ACTIVE


@pytest.mark.parametrize("admits", [True, False])
def test_a_bar_may_admit_the_unrated(world: World, admits: bool) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    bar = Bar(registry=str(stars.address), stars=500, admits_unrated=admits)
    terms = world.terms(bar=bar)
    if admits:
        assert world.make(terms).stage() == ACTIVE
        return
    with boa.env.prank(world.creator), boa.reverts("members: below the bar"):
        world.consent.make(terms.head(), terms.packed_rows(), world.signatures(terms))


def test_a_bar_asks_nothing_of_beneficiaries(world: World) -> None:
    stars = deployer("mocks/StarTable.vy").deploy()
    for node in world.nodes:
        stars.set_stars(node.me, 500)
    rows = world.rows([400_000, 300_000, 200_000])
    # the number of this controller is no ME's and has no stars
    fund = Row(3, address("controller"), address("fund"), 100_000, 100_000, 100_000, 0, PPM)
    terms = world.terms((*rows, fund), bar=Bar(registry=str(stars.address), stars=500))
    assert world.make(terms).stage() == ACTIVE


def test_money_sent_early_becomes_proceeds_when_the_last_one_signs(world: World) -> None:
    terms = world.terms(world.rows([500_000, 300_000, 200_000]))
    emc = world.make(terms, [])
    with boa.env.prank(world.buyer):
        emc.advance(COIN, value=COIN)
    sign(world, terms, world.signatures(terms))
    with boa.env.prank(world.buyer), boa.reverts("emc: active"):
        emc.take_back()
    emc.absorb()
    assert boa.env.get_balance(address("payee 0")) == COIN // 2
    assert emc.accounts().received == COIN


def test_the_native_coin_has_the_zero_address(world: World) -> None:
    terms = world.terms()
    assert terms.currency == NATIVE
    assert page_of(world.make(terms))[1] == 0


def test_a_wallet_that_is_no_nodes_account_approves_nothing_whoever_owns_it(world: World) -> None:
    terms = world.terms()
    wallet = wallet_of(world.nodes[0].account)
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), [approval(0)])
    with boa.reverts("consent: not the signer"):
        wallet.execute(world.consent.address, data)


def test_the_arguments_of_make_are_what_the_hash_covers(world: World) -> None:
    terms = world.terms()
    data = world.consent.make.prepare_calldata(terms.head(), terms.packed_rows(), [])
    assert terms.encode() == encode(
        [
            "(uint256,uint256,uint256,bytes32,address,address,uint256,uint256,uint256,uint256,"
            "(uint256,uint256,uint256,uint256,uint256,bool),(uint256,uint256,uint256,uint256),"
            "(uint256,uint256,uint256,uint256),(address,uint256,uint256,uint256),(uint256,uint256),"
            "(address,uint256,uint256,uint256,address,bool))",
            "(uint256,uint256,uint256)[]",
        ],
        [terms.head(), terms.packed_rows()],
    )
    assert len(data) > len(terms.encode())
