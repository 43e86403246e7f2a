"""A browser's wallet for tests: an EIP-6963 provider in the page, keys and decisions in Python.

It can misbehave as wallets of people do: decline, know no chain, have a question open, never
answer, sign something else, spell signatures in another way.
"""

import json
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

# before any script of the page: announces at once and whenever it is asked for
_SCRIPT = """(wallets) => {
  for (const {uuid, name, rdns, icon} of wallets) {
    const listeners = new Map();
    const of = (event) => listeners.get(event) ?? listeners.set(event, new Set()).get(event);
    const provider = {
      async request({method, params}) {
        const answer = await window.__wallet(uuid, method, params ?? []);
        if (answer.silent) return new Promise(() => {});
        if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
        return answer.result;
      },
      on: (event, listener) => (of(event).add(listener), provider),
      removeListener: (event, listener) => (of(event).delete(listener), provider),
    };
    (window.__tell ??= {})[uuid] = (event, value) => of(event).forEach((each) => each(value));
    const detail = Object.freeze({info: Object.freeze({uuid, name, rdns, icon}), provider});
    const announce = () =>
      window.dispatchEvent(new CustomEvent("eip6963:announceProvider", {detail}));
    window.addEventListener("eip6963:requestProvider", announce);
    announce();
  }
}"""
ICON = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg'/%3E"

DECLINED = (4001, "User rejected the request.")
UNKNOWN_CHAIN = (4902, "Unrecognized chain ID.")
PENDING = (-32002, "Request of this type already pending.")


class RefusedError(Exception):
    """What a wallet answers instead of a result."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.answer = {"code": code, "message": message, "data": data}


class Node:
    """The node behind a wallet."""

    def __init__(self, url: str) -> None:
        self.url = url

    def __call__(self, method: str, *params: Any) -> Any:
        """Ask it.

        Raises:
            RefusedError: it refuses.
        """
        asked = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        request = urllib.request.Request(
            self.url, json.dumps(asked).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer = json.load(response)
        if "error" in answer:
            error = answer["error"]
            raise RefusedError(error["code"], error["message"], error.get("data"))
        return answer["result"]


@dataclass
class Wallet:
    """One wallet with one key.

    Args:
        known: Chains that it can switch to without being told of them.
        refuses: What it answers to a method instead of doing it.
        silent: Methods that it never answers.
        lies: Whether it signs another share than it is asked to.
        recovery: What is added to the recovery bit: 27, or 0 as some hardware does.
        seen: Every method that it was asked for.
        is_let_in: Whether the page may see the account.
        sent: Hashes of the transactions that it sent.
        meanwhile: What happens between its look at a transaction and its sending.
    """

    key: LocalAccount
    node: Node
    name: str = "Test wallet"
    icon: str = ICON
    rdns: str = "org.example.wallet"
    chain: int = 31337
    known: set[int] = field(default_factory=lambda: {31337, 1})
    refuses: dict[str, tuple[int, str]] = field(default_factory=dict)
    silent: set[str] = field(default_factory=set)
    lies: bool = False
    recovery: int = 27
    seen: list[str] = field(default_factory=list)
    is_let_in: bool = False
    sent: list[str] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    def answer(self, method: str, params: Any) -> dict[str, Any]:
        """As the page gets it."""
        self.seen.append(method)
        if method in self.silent:
            return {"silent": True}
        try:
            if method in self.refuses:
                raise RefusedError(*self.refuses[method])
            return {"result": self._do(method, params)}
        except RefusedError as refused:
            return {"error": refused.answer}

    def behave(self) -> None:
        """Be an honest wallet from now on."""
        self.refuses, self.silent, self.lies, self.recovery = {}, set(), False, 27
        self.seen.clear()

    def _do(self, method: str, params: Any) -> Any:
        if method in ("eth_accounts", "eth_requestAccounts"):
            self.is_let_in |= method == "eth_requestAccounts"
            # as most do: in lower case
            return [self.key.address.lower()] if self.is_let_in else []
        if method == "eth_chainId":
            return hex(self.chain)
        if method == "wallet_switchEthereumChain":
            wanted = int(params[0]["chainId"], 16)
            if wanted not in self.known:
                raise RefusedError(*UNKNOWN_CHAIN)
            self.chain = wanted
            return None
        if method == "wallet_addEthereumChain":
            # and goes there, as most do
            self.chain = int(params[0]["chainId"], 16)
            self.known.add(self.chain)
            return None
        if method == "eth_signTypedData_v4":
            return self._sign(*params)
        if method == "eth_sendTransaction":
            return self._send(dict(params[0]))
        return self.node(method, *params)

    def _sign(self, account: str, asked: Any) -> str:
        message = json.loads(asked) if isinstance(asked, str) else asked
        if account.lower() != self.key.address.lower():
            raise RefusedError(4100, "The requested account has not been authorized.")
        # wallets take the chain's id as a number, and other numbers of any size as text
        assert message["domain"]["chainId"] == self.chain
        assert "EIP712Domain" in message["types"]
        values = message["message"]
        for each in message["types"][message["primaryType"]]:
            if each["type"].startswith("uint"):
                assert isinstance(values[each["name"]], str)
                values[each["name"]] = int(values[each["name"]])
        if self.lies:
            values["base"] -= 100_000
        signed = self.key.sign_message(encode_typed_data(full_message=message))
        data = bytes(signed.signature)
        return "0x" + (data[:64] + bytes([data[64] - 27 + self.recovery])).hex()

    def _send(self, asked: dict[str, Any]) -> str:
        assert asked["from"].lower() == self.key.address.lower()
        gas = asked.get("gas") or self.node("eth_estimateGas", asked)
        self.meanwhile()
        sent = {
            "chainId": self.chain,
            "nonce": int(self.node("eth_getTransactionCount", self.key.address, "pending"), 16),
            "to": asked["to"],
            "value": int(asked.get("value", "0x0"), 16),
            "data": asked.get("data", "0x"),
            "gas": int(gas, 16) * 5 // 4,
            "maxFeePerGas": 10**10,
            "maxPriorityFeePerGas": 10**9,
        }
        signed = self.key.sign_transaction(sent)
        made = str(self.node("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))
        self.sent.append(made)
        return made


def install(page: Any, *wallets: Wallet) -> list[Any]:
    """Put wallets into a page, before it goes anywhere; gives what takes them out when closed."""
    by = {each.uuid: each for each in wallets}
    bound = page.expose_binding(
        "__wallet", lambda _source, uid, method, params: by[uid].answer(method, params)
    )
    told = [
        {"uuid": each.uuid, "name": each.name, "rdns": each.rdns, "icon": each.icon}
        for each in wallets
    ]
    return [bound, page.add_init_script(f"({_SCRIPT})({json.dumps(told)})")]


def local_account(number: int) -> LocalAccount:
    """The account of this number on a local chain."""
    Account.enable_unaudited_hdwallet_features()
    phrase = "test test test test test test test test test test test junk"
    key: LocalAccount = Account.from_mnemonic(phrase, account_path=f"m/44'/60'/0'/0/{number}")
    return key
