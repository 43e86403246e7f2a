"""The chain on which `bench_audit.py` measures an audit of everything: many EMCs on a local node,
all contracts where every chain has them, every sale and every signature real.

One payment run an EMC in each round, many EMCs in a block, as a busy chain has them. The blocks
are so few that anvil holds the state of each in its memory: an older one it reads from a file for
each question, which takes a tenth of a second where an archive node takes a thousandth.
"""

from collections.abc import Sequence
from os import environ
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import requests
from bench import Bench

from emc import artifacts
from emc.chain.edge import connect
from emc.client import creating

# transactions in a block, all of one request; of those that make EMCs, which are longer, a fifth
BLOCK = 250


class Market(Bench):
    """EMCs with as many payees each, in one token."""

    def __init__(self, url: str, payees: int) -> None:
        self.url, self.payees_each = url, payees
        super().__init__(url)

    def place(self) -> None:
        """Put the contracts where this version has them on every chain."""
        # what is deployed here is nobody's to find again
        with (
            TemporaryDirectory() as folder,
            patch.dict(environ, EMC_DEPLOYMENTS=folder),
            connect(self.url) as chain,
        ):
            at = creating.create(chain, chain.account("TEST::0"))
        for name in ("Consent", "Changes", "Conduct", "Goals"):
            setattr(self, name.lower(), self._at(name, at[name]))
        self.registry = self._at("MicroEnterprises", at["MicroEnterprises"])
        self.implementation = self._at("EMC", at["EMC"])
        self.reputation = at["Reputation"]

    def _at(self, name: str, address: str) -> Any:
        return self.web3.eth.contract(address=address, abi=artifacts.load(name)["abi"])

    def form(self, emcs: int) -> list[str]:
        """EMCs whose nodes all have signed."""
        made, steps, approvals = [], [], []
        for _ in range(emcs):
            emc, agreed = self.formation(self.terms(self.payees_each, "erc20"))
            made.append(emc)
            steps.append((self.consent.address, self.consent.encode_abi("make", agreed)))
            approvals.append(self.token.encode_abi("approve", [emc, 2**256 - 1]))
        self.send_all(steps, 2_000_000, BLOCK // 5)
        self.send_all([(self.token.address, data) for data in approvals], 100_000)
        return made

    def sell(self, emcs: list[str], rounds: int, orders: int = 1) -> None:  # type: ignore[override]
        """Payment runs of every EMC: of single sales, or of batches with so many orders.

        Raises:
            AssertionError: one failed.
        """
        contract = self.web3.eth.contract(abi=self.implementation.abi)
        sent = []
        for emc in emcs * rounds:
            number = next(self.numbers) * orders
            amounts = [10**6 + 7919 * (number + i) % 10**6 for i in range(orders)]
            if orders == 1:
                data = contract.encode_abi("sale", [number, amounts[0], b"\0" * 32])
            else:
                each = [(amount, b"\0" * 32) for amount in amounts]
                data = contract.encode_abi("sales", [number, each])
            sent.append((emc, data))
        self.send_all(
            sent, 6_000_000, BLOCK if orders == 1 else max(1, BLOCK // (1 + orders // 10))
        )

    def send_all(self, sent: Sequence[tuple[str, str]], gas: int, size: int = BLOCK) -> None:
        """Transactions with data to whom they go, so many in a block, each with so much gas.

        Raises:
            AssertionError: the last one failed.
        """
        nonce = self.web3.eth.get_transaction_count(self.buyer)
        same = {"from": self.buyer, "gas": hex(gas), "gasPrice": hex(2 * 10**9)}
        self._ask(("evm_setAutomine", [False]))
        for start in range(0, len(sent), size):
            calls = [
                {**same, "to": to, "data": data, "nonce": hex(nonce + place)}
                for place, (to, data) in enumerate(sent[start : start + size], start)
            ]
            asked = [("eth_sendTransaction", [call]) for call in calls]
            last = self._ask(*asked, ("evm_mine", []))[-2]
        self._ask(("evm_setAutomine", [True]))
        receipt = self.web3.eth.wait_for_transaction_receipt(last, timeout=600)
        assert receipt["status"] == 1, "a transaction failed"

    def _ask(self, *asked: tuple[str, list[Any]]) -> list[Any]:
        body = [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": params}
            for i, (method, params) in enumerate(asked)
        ]
        answers = requests.post(self.url, json=body, timeout=600).json()
        refused = [each for each in answers if "result" not in each]
        assert not refused, refused[0]
        return [each["result"] for each in sorted(answers, key=lambda each: each["id"])]
