"""What exists before the stateful tests begin: payers with keys, moody payees, currencies."""

from dataclasses import dataclass
from typing import Any

import boa
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from tests.kit import COIN, address, deployer
from tests.spec.till import RICH, once_per_chain, system

HONEST = tuple(address(f"honest payee {i}") for i in range(3))
MOODS = (1, 2, 3)


@dataclass(frozen=True)
class Market:
    """One settlement currency (no token: native coin) with its unit, payers and payees."""

    token: Any
    unit: int
    payers: tuple[LocalAccount, ...]
    moody: tuple[str, ...]

    def set_mood(self, payee: str, mood: int) -> None:
        """Have a moody payee accept (0) or refuse in one of three ways."""
        if self.token:
            self.token.set_mood(payee, mood)
        else:
            deployer("mocks/MoodyPayee.vy").at(payee).set_mood(mood)

    def permit(
        self, owner: LocalAccount, spender: str, amount: int, deadline: int
    ) -> tuple[Any, ...]:
        """The v, r, s by which a payer allows the EMC exactly this amount."""
        fields = ("name", "version", "chainId", "verifyingContract")
        values = self.token.name(), "1", boa.env.evm.patch.chain_id, self.token.address
        kinds = ("string", "string", "uint256", "address")
        message = {
            "types": {
                "EIP712Domain": [
                    {"name": n, "type": k} for n, k in zip(fields, kinds, strict=True)
                ],
                "Permit": [
                    {"name": "owner", "type": "address"},
                    {"name": "spender", "type": "address"},
                    {"name": "value", "type": "uint256"},
                    {"name": "nonce", "type": "uint256"},
                    {"name": "deadline", "type": "uint256"},
                ],
            },
            "primaryType": "Permit",
            "domain": dict(zip(fields, values, strict=True)),
            "message": {
                "owner": owner.address,
                "spender": spender,
                "value": amount,
                "nonce": self.token.nonces(owner.address),
                "deadline": deadline,
            },
        }
        signed = owner.sign_message(encode_typed_data(full_message=message))
        return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


@once_per_chain
def people() -> tuple[tuple[LocalAccount, ...], tuple[str, ...]]:
    """Two payers with keys, and four payees that may refuse."""
    system()
    payers = tuple(Account.from_key(keccak(text=f"payer {i}")) for i in range(2))
    for payer in payers:
        boa.env.set_balance(payer.address, RICH)
    moody = tuple(deployer("mocks/MoodyPayee.vy").deploy().address for _ in range(4))
    return payers, moody


@once_per_chain
def market(decimals: int | None) -> Market:
    """The currency with so many decimals; none for native coin."""
    payers, moody = people()
    if decimals is None:
        return Market(None, COIN, payers, moody)
    token = deployer("mocks/MoodyToken.vy").deploy("Moody", "MOODY", decimals)
    for payer in payers:
        token.mint(payer.address, RICH)
    return Market(token, 10**decimals, payers, moody)


@once_per_chain
def stray_token() -> Any:
    """A token that is nobody's settlement currency."""
    return deployer("mocks/Token.vy").deploy("Stray", "STRAY", 18)
