"""Safes as accounts of micro-enterprises: real ones, from their npm package, on a local node."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import rlp
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3
from web3.exceptions import ContractLogicError
from web3.logs import DISCARD

from emc import artifacts
from emc.core.terms import NATIVE
from tests.javascript import package

PACKAGE = "@safe-global/safe-contracts"
DOMAIN = [{"name": "chainId", "type": "uint256"}, {"name": "verifyingContract", "type": "address"}]
MESSAGE = [{"name": "message", "type": "bytes"}]
TRANSACTION = [
    {"name": "to", "type": "address"},
    {"name": "value", "type": "uint256"},
    {"name": "data", "type": "bytes"},
    {"name": "operation", "type": "uint8"},
    {"name": "safeTxGas", "type": "uint256"},
    {"name": "baseGas", "type": "uint256"},
    {"name": "gasPrice", "type": "uint256"},
    {"name": "gasToken", "type": "address"},
    {"name": "refundReceiver", "type": "address"},
    {"name": "nonce", "type": "uint256"},
]


def deploy(w3: Web3, artifact: dict[str, Any], *args: Any) -> Any:
    """A contract of an artifact, deployed by the node's first account."""
    factory = w3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
    sent = factory.constructor(*args).transact({"from": w3.eth.accounts[0]})
    receipt = w3.eth.wait_for_transaction_receipt(sent)
    return w3.eth.contract(address=receipt["contractAddress"], abi=artifact["abi"])


def send(call: Any, sender: str, value: int = 0) -> Any:
    """The receipt of a call that must succeed; its reason is raised if it does not."""
    sent = call.transact({"from": sender, "value": value})
    receipt = call.w3.eth.wait_for_transaction_receipt(sent)
    assert receipt["status"] == 1
    return receipt


def reason(call: Any, sender: str) -> str | None:
    """Why a call would be refused; nothing if it would succeed."""
    try:
        call.call({"from": sender})
    except ContractLogicError as error:
        return str(error.message).removeprefix("execution reverted: ")
    return None


def happened(contract: Any, name: str, receipt: Any) -> list[Any]:
    """The arguments of a contract's events of a name in a transaction."""
    logs = contract.events[name]().process_receipt(receipt, errors=DISCARD)
    return [log["args"] for log in logs if log["address"] == contract.address]


# the system

ROOMS = ("Consent", "Changes", "Conduct", "Goals")


@dataclass(frozen=True)
class System:
    """The contracts that all EMCs of a chain share."""

    registry: Any
    implementation: Any
    consent: Any
    changes: Any
    conduct: Any
    goals: Any

    def emc(self, address: str) -> Any:
        """One of its EMCs."""
        return self.consent.w3.eth.contract(address=address, abi=self.implementation.abi)


def deploy_system(w3: Web3) -> System:
    """The system on a fresh node, each contract told where the later ones will be."""
    registry = deploy(w3, artifacts.load("MicroEnterprises"))
    pages = deploy(w3, artifacts.load("Pages"))
    rooms = tuple(ahead(w3, 1 + i) for i in range(len(ROOMS)))
    implementation = deploy(w3, artifacts.load("EMC"), rooms, pages.address)
    base = (implementation.address, registry.address)
    table = (deploy(w3, artifacts.load(room), *base) for room in ROOMS)
    return System(registry, implementation, *table)


def ahead(w3: Web3, count: int) -> str:
    """Where the node's first account deploys after so many other transactions."""
    sender = w3.eth.accounts[0]
    nonce = w3.eth.get_transaction_count(sender) + count
    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(sender[2:]), nonce]))[12:])


# safes


@dataclass(frozen=True)
class Safe:
    """A Safe and the keys of its owners."""

    contract: Any
    owners: tuple[LocalAccount, ...]

    @property
    def address(self) -> str:
        return str(self.contract.address)


@dataclass(frozen=True)
class SafeFactory:
    """What all Safes of a chain share."""

    singleton: Any
    proxies: Any
    handler: Any

    def make(self, owners: Sequence[LocalAccount], threshold: int) -> Safe:
        """A new Safe of these owners, of which so many must sign."""
        w3 = self.proxies.w3
        accounts = [owner.address for owner in owners]
        setup = self.singleton.encode_abi(
            "setup",
            [accounts, threshold, NATIVE, b"", self.handler.address, NATIVE, 0, NATIVE],
        )
        call = self.proxies.functions.createProxyWithNonce(self.singleton.address, setup, 0)
        receipt = send(call, w3.eth.accounts[0])
        (made,) = happened(self.proxies, "ProxyCreation", receipt)
        contract = w3.eth.contract(address=made["proxy"], abi=self.singleton.abi)
        return Safe(contract, tuple(owners))


def deploy_safes(w3: Web3) -> SafeFactory:
    """The Safe contracts as their makers compiled them."""
    return SafeFactory(
        singleton=deploy(w3, _build("Safe.sol/Safe")),
        proxies=deploy(w3, _build("proxies/SafeProxyFactory.sol/SafeProxyFactory")),
        handler=deploy(
            w3, _build("handler/CompatibilityFallbackHandler.sol/CompatibilityFallbackHandler")
        ),
    )


def _build(name: str) -> dict[str, Any]:
    path = package(PACKAGE) / "build" / "artifacts" / "contracts" / f"{name}.json"
    build: dict[str, Any] = json.loads(path.read_text())
    return build


def sign_message(safe: Safe, digest: bytes, owners: Sequence[LocalAccount] | None = None) -> bytes:
    """What owners (by default all) sign so that the Safe vouches for a digest by ERC-1271."""
    return _signatures(safe, "SafeMessage", MESSAGE, {"message": digest}, owners)


def transaction(
    safe: Safe, call: Any, value: int = 0, owners: Sequence[LocalAccount] | None = None
) -> Any:
    """A call by the Safe, signed by owners (by default all); anyone may send it."""
    values = {
        "to": call.address,
        "value": value,
        "data": bytes.fromhex(call._encode_transaction_data()[2:]),
        "operation": 0,
        "safeTxGas": 0,
        "baseGas": 0,
        "gasPrice": 0,
        "gasToken": NATIVE,
        "refundReceiver": NATIVE,
    }
    nonce = safe.contract.functions.nonce().call()
    signed = _signatures(safe, "SafeTx", TRANSACTION, {**values, "nonce": nonce}, owners)
    return safe.contract.functions.execTransaction(*values.values(), signed)


def execute(safe: Safe, call: Any, sender: str, value: int = 0) -> Any:
    """The receipt of a call by the Safe, signed by all owners and sent by anyone."""
    receipt = send(transaction(safe, call, value), sender)
    assert len(happened(safe.contract, "ExecutionSuccess", receipt)) == 1
    return receipt


def _signatures(
    safe: Safe,
    name: str,
    fields: list[dict[str, str]],
    values: dict[str, Any],
    owners: Sequence[LocalAccount] | None,
) -> bytes:
    """The owners' signatures of a Safe's typed data, by ascending address as it wants them."""
    signable = encode_typed_data(
        full_message={
            "types": {"EIP712Domain": DOMAIN, name: fields},
            "primaryType": name,
            "domain": {
                "chainId": safe.contract.w3.eth.chain_id,
                "verifyingContract": safe.address,
            },
            "message": values,
        }
    )
    ordered = sorted(
        safe.owners if owners is None else owners, key=lambda owner: int(owner.address, 16)
    )
    return b"".join(bytes(owner.sign_message(signable).signature) for owner in ordered)
