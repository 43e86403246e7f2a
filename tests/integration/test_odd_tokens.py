"""Tokens as they are on public chains: an EMC in one of them is listed, read and paid like any."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import vyper
from ape.exceptions import AccountsError, VirtualMachineError

from emc.chain import gas, sending, unlocking
from emc.errors import EMCError
from tests.integration.commands import Desk, emc, orders

pytestmark = pytest.mark.anvil
PAYER = ("--account", "TEST::9", "--yes")

LEDGER = """
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])

@external
def mint(to: address, amount: uint256):
    self.balanceOf[to] += amount

@internal
def _move(owner: address, to: address, amount: uint256):
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount

@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self.allowance[owner][msg.sender] -= amount
    self._move(owner, to, amount)
    return True
"""
APPROVE = """
@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True
"""
# no allowance is changed but from and to zero
APPROVE_USDT = """
@external
def approve(spender: address, amount: uint256):
    assert amount == 0 or self.allowance[msg.sender][spender] == 0
    self.allowance[msg.sender][spender] = amount
"""
EUR = """
symbol: public(constant(String[8])) = "EUR"
decimals: public(constant(uint8)) = 2
"""
# as Maker's first token has it
BYTES32 = f"""
symbol: public(constant(bytes32)) = 0x{b"MKR".hex():0<64}
decimals: public(constant(uint8)) = 2
"""
NOT_UTF8 = f"""
symbol: public(constant(bytes32)) = 0x{"45ff55fe52":0<64}
decimals: public(constant(uint8)) = 2
"""
# EIP-712's domain and nonces as everybody has them, and a permit that takes something else
DAI = """
name: public(constant(String[8])) = "EUR"
nonces: public(HashMap[address, uint256])
TYPE_HASH: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)

@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    return keccak256(
        abi_encode(TYPE_HASH, keccak256("EUR"), keccak256("1"), chain.id, self)
    )
"""
DAI_TELLS = """
PERMIT_TYPEHASH: public(constant(bytes32)) = keccak256(
    "Permit(address holder,address spender,uint256 nonce,uint256 expiry,bool allowed)"
)
"""


def become(desk: Desk, *parts: str, name: str = "picnic") -> None:
    """The token in which a canvas settles is another one from now on."""
    source = "\n".join(("# pragma version 0.4.3", *parts))
    made = vyper.compile_code(source, output_formats=["bytecode_runtime"])
    desk.office.ask("anvil_setCode", desk.token(name).address, made["bytecode_runtime"])


@pytest.fixture(autouse=True)
def _token_is_put_back(desk: Desk) -> Iterator[None]:
    token = desk.token("picnic").address
    code = desk.office.w3.eth.get_code(token).to_0x_hex()
    yield
    desk.office.ask("anvil_setCode", token, code)


@pytest.mark.parametrize(
    ("parts", "shown"),
    [
        ((BYTES32,), "0.00 MKR"),
        ((NOT_UTF8,), "0.00 EUR"),
        (("decimals: public(constant(uint8)) = 2",), "0.00 ?"),
        ((EUR.splitlines()[1],), "0 EUR"),
        ((), "0 ?"),
        (("decimals: public(constant(uint256)) = max_value(uint256)",), "0 ?"),
    ],
)
def test_an_emc_in_a_token_that_leaves_something_out_is_listed(
    desk: Desk, parts: tuple[str, ...], shown: str
) -> None:
    become(desk, LEDGER, APPROVE, *parts)
    address = desk.emc("picnic").address
    (line,) = [each for each in emc("list").out.splitlines() if address in each]
    assert f"  {shown}  " in line
    assert shown.split()[1] in emc("status", Desk.file("picnic")).out


def test_what_is_left_of_an_allowance_of_usdt_is_taken_back_first(desk: Desk) -> None:
    become(desk, LEDGER, APPROVE_USDT, EUR)
    token, address = desk.token("picnic"), desk.emc("picnic").address
    payer = desk.office.w3.eth.accounts[9]
    desk.done(token.functions.mint(payer, 10_000).transact({"from": payer}))
    desk.done(token.functions.approve(address, 7).transact({"from": payer}))
    book = orders(desk.folder, ["1,ann,10.00", "2,bob,5.00"])
    said = emc("sell", Desk.file("picnic"), "--orders", book, "--account", "TEST::9", "--json").json
    assert said["sold"] == 2
    assert token.functions.allowance(payer, address).call() == 0
    assert token.functions.balanceOf(payer).call() == 8_500


def test_of_other_tokens_an_allowance_is_raised_at_once(desk: Desk) -> None:
    become(desk, LEDGER, APPROVE, EUR)
    token, address = desk.token("picnic"), desk.emc("picnic").address
    payer = desk.office.w3.eth.accounts[9]
    desk.done(token.functions.mint(payer, 10_000).transact({"from": payer}))
    desk.done(token.functions.approve(address, 7).transact({"from": payer}))
    sent = desk.office.sent
    emc("pay", Desk.file("picnic"), "--order", "1", "--amount", "10.00", *PAYER)
    assert desk.office.sent == sent + 2


@pytest.mark.parametrize("tells", [DAI_TELLS, ""])
def test_a_token_with_permits_of_its_own_is_paid_by_approval(desk: Desk, tells: str) -> None:
    become(desk, LEDGER, APPROVE, EUR, DAI, tells)
    payer = desk.office.w3.eth.accounts[9]
    desk.done(desk.token("picnic").functions.mint(payer, 10_000).transact({"from": payer}))
    said = emc("pay", Desk.file("picnic"), "--order", "1", "--amount", "10.00", *PAYER, "--json")
    assert said.json["how"] == "approval"
    assert desk.emc("picnic").functions.accounts().call()[0] == 1_000


# nodes that are a moment behind


@pytest.mark.parametrize(
    "error",
    [
        VirtualMachineError("nonce too low: next nonce 8, tx nonce 7"),
        VirtualMachineError("Nonce '7' is too low"),
        AccountsError("Invalid nonce, will not publish."),
    ],
)
def test_a_node_that_is_a_moment_behind_is_asked_again(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unlocking, "will_ask", lambda _: False)
    monkeypatch.setattr(gas, "asked", lambda *_: {})
    waited: list[float] = []
    monkeypatch.setattr(sending, "time", SimpleNamespace(sleep=waited.append))
    answers = iter([error, error])

    def sale(*_: object, **__: object) -> str:
        for answer in answers:
            raise answer
        return "a receipt"

    assert sending.send("selling", sale, sender=None) == "a receipt"  # type: ignore[arg-type, comparison-overlap]
    assert waited == [0.5, 2.0]


def test_a_nonce_that_stays_too_low_and_other_refusals_are_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unlocking, "will_ask", lambda _: False)
    monkeypatch.setattr(gas, "asked", lambda *_: {})
    monkeypatch.setattr(sending, "time", SimpleNamespace(sleep=lambda _: None))
    asked: list[str] = []

    def sale(why: str, **_: object) -> None:
        asked.append(why)
        raise VirtualMachineError(why)

    for why, says, times in (
        ("nonce too low", "nonce too low", 4),
        ("insufficient funds", "too little coin for gas", 1),
    ):
        asked.clear()
        with pytest.raises(EMCError, match=says):
            sending.send("selling", sale, why, sender=None)  # type: ignore[arg-type]
        assert len(asked) == times


# at Checkout


def at_checkout(desk: Desk) -> tuple[str, str]:
    """A request that the payer, who has the token, can pay; its file and Checkout."""
    token, payer = desk.token("picnic"), desk.office.w3.eth.accounts[9]
    desk.done(token.functions.mint(payer, 10_000).transact({"from": payer}))
    words = ("--order", "1001", "--amount", "24.50", "--returnable", "14d", "--cashier", payer)
    emc("checkout", "request", Desk.file("picnic"), *words, "--out", "1001.json")
    return "1001.json", desk.read("1001.json")["checkout"]


@pytest.mark.parametrize("parts", [(DAI,), (DAI, DAI_TELLS)], ids=["says nothing", "says so"])
def test_checkout_is_paid_in_dai_by_an_allowance_and_says_so(
    desk: Desk, parts: tuple[str, ...]
) -> None:
    become(desk, LEDGER, APPROVE, EUR, *parts)
    file, checkout = at_checkout(desk)
    said = emc("checkout", "authorize", file, *PAYER, "--out", "signed.json", fails=True)
    assert "does not support EIP-3009 authorizations" in said.err
    assert "pay with `emc checkout pay`, with an allowance" in said.err
    done = emc("checkout", "pay", file, *PAYER, "--json").json
    assert (done["how"], done["standing"]) == ("approval", "waiting")
    assert desk.token("picnic").functions.balanceOf(checkout).call() == 2_450


def test_checkout_is_paid_and_refunds_in_usdt_by_an_allowance_that_begins_at_zero(
    desk: Desk,
) -> None:
    become(desk, LEDGER, APPROVE_USDT, EUR)
    file, checkout = at_checkout(desk)
    token, payer = desk.token("picnic"), desk.office.w3.eth.accounts[9]
    said = emc("checkout", "authorize", file, *PAYER, "--out", "signed.json", fails=True)
    assert "does not support EIP-3009 authorizations" in said.err
    desk.done(token.functions.approve(checkout, 7).transact({"from": payer}))
    assert emc("checkout", "pay", file, *PAYER, "--json").json["how"] == "approval"
    emc("checkout", "release", Desk.file("picnic"), "--order", "1001", *PAYER[:2])
    desk.done(token.functions.approve(checkout, 7).transact({"from": payer}))
    emc("checkout", "refund", Desk.file("picnic"), "--order", "1001", "--amount", "5", *PAYER)
    assert token.functions.allowance(payer, checkout).call() == 0
    assert token.functions.balanceOf(payer).call() == 10_000 - 2_450
