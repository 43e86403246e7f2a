"""The chain on which `bench_audit.py` measures an audit of everything: many EMCs on a local node,
all contracts where every chain has them, every sale and every signature real.

One payment run an EMC in each round, many EMCs in a block, as a busy chain has them.
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

# sales in a block: what fits into 30,000,000 gas with ten payees
BLOCK = 50


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
        return [self.make(self.terms(self.payees_each, "erc20"))[0].address for _ in range(emcs)]

    def sell(self, emcs: list[str], rounds: int, orders: int = 1) -> None:  # type: ignore[override]
        """Payment runs of every EMC: of single sales, or of batches with so many orders.

        Raises:
            AssertionError: one failed.
        """
        contract = self.web3.eth.contract(abi=self.implementation.abi)
        self._ask(("evm_setAutomine", [False]))
        numbers = self.numbers
        planned = [(emc, next(numbers) * orders) for _ in range(rounds) for emc in emcs]
        size = BLOCK if orders == 1 else max(1, BLOCK // (1 + orders // 10))
        for start in range(0, len(planned), size):
            calls = []
            for emc, number in planned[start : start + size]:
                amounts = [10**6 + 7919 * (number + i) % 10**6 for i in range(orders)]
                if orders == 1:
                    data = contract.encode_abi("sale", [number, amounts[0], b"\0" * 32])
                else:
                    each = [(amount, b"\0" * 32) for amount in amounts]
                    data = contract.encode_abi("sales", [number, each])
                call = {"from": self.buyer, "to": emc, "data": data, "gas": hex(6_000_000)}
                calls.append(("eth_sendTransaction", [call | {"gasPrice": hex(2 * 10**9)}]))
            last = self._ask(*calls, ("evm_mine", []))[-2]
        self._ask(("evm_setAutomine", [True]))
        receipt = self.web3.eth.wait_for_transaction_receipt(last, timeout=600)
        assert receipt["status"] == 1, "a sale failed"

    def send_all(self, sent: Sequence[tuple[str, bytes]]) -> None:
        """Transactions with data to whom they go, many in a block.

        Raises:
            AssertionError: the last one failed.
        """
        self._ask(("evm_setAutomine", [False]))
        for start in range(0, len(sent), BLOCK):
            calls = [
                {"from": self.buyer, "to": to, "data": "0x" + data.hex(), "gas": hex(500_000)}
                for to, data in sent[start : start + BLOCK]
            ]
            asked = [
                ("eth_sendTransaction", [call | {"gasPrice": hex(2 * 10**9)}]) for call in calls
            ]
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
        assert all("result" in each for each in answers), answers
        return [each["result"] for each in sorted(answers, key=lambda each: each["id"])]
