"""Measure gas on an anvil node and print it beside the peers; writes build/bench.json.

Whole transactions, cancun rules, payees that exist and hold a balance, as the peers were measured.
`sale` is the third one of an EMC, with customer reference, a running cost on every other row,
outside the
COST band, gate open, in steady state. Figures are receipts, not estimates.
"""

import json
import sys
from pathlib import Path
from typing import Any

import rlp
from eth_account import Account
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from rich.console import Console
from rich.table import Table
from web3 import Web3

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from emc import artifacts, typed_data  # noqa: E402
from emc.terms import NATIVE, Gate, Goal, Metric, Row, Terms, emc_address  # noqa: E402
from emc.units import PPM  # noqa: E402
from tests import anvil  # noqa: E402

SIZES = (2, 5, 10, 20, 50, 64)
FAR = 2**40 - 1
CUSTOMER = keccak(text="a customer's salted reference")
# measured on anvil 1.7.1, cancun: 0xSplits v2 push with pay and distribute in one transaction by a
# router,
# and a minimal push with the share table in code, without accounts or events
PEERS = {
    "0xSplits, one tx": {
        "native": {2: 67_373, 5: 99_703, 10: 153_575, 20: 261_117, 50: 584_035},
        "erc20": {2: 77_548, 5: 108_637, 10: 160_494, 20: 263_963, 50: 574_994},
    },
    "minimal push": {
        "native": {2: 44_914, 5: 73_213, 10: 120_378, 20: 214_709, 50: 497_703},
        "erc20": {2: 58_326, 5: 82_980, 10: 124_070, 20: 206_251, 50: 452_795},
    },
}
# what a change must not exceed: (scenario, currency) -> size -> gas
REQUIRED: dict[tuple[str, str | None], dict[int, int]] = {
    ("sale", "native"): {n: gas - 1 for n, gas in PEERS["0xSplits, one tx"]["native"].items()},
    ("sale", "erc20"): {2: 81_425, 5: 114_068, 10: 168_518, 20: 263_962, 50: 574_993},
    ("sale_batch", "erc20"): {10: 4_300},
    ("create", None): {10: 560_000},
}


class Bench:
    """A system on a node, and the transactions that are measured."""

    def __init__(self, url: str) -> None:
        self.web3 = Web3(Web3.HTTPProvider(url))
        self.leader, self.buyer = self.web3.eth.accounts[:2]
        self.rows: list[dict[str, Any]] = []
        self.nonce = 0
        registry = self.deploy("MicroEnterprises")
        pages = self.deploy("Pages")
        # an EMC is told where the rooms of the table will be: deployed right after it
        nonce = self.web3.eth.get_transaction_count(self.leader)
        rooms = tuple(
            to_checksum_address(
                keccak(rlp.encode([bytes.fromhex(self.leader[2:]), nonce + i]))[12:]
            )
            for i in range(1, 5)
        )
        self.implementation = self.deploy("EMC", rooms, pages.address)
        base = (self.implementation.address, registry.address)
        self.consent, self.changes, self.conduct, self.goals = (
            self.deploy(name, *base) for name in ("Consent", "Changes", "Conduct", "Goals")
        )
        self.token = self.peer_token()
        self.keys = [Account.from_key(keccak(text=f"node {i}")) for i in range(max(SIZES))]
        self.payees = [
            to_checksum_address(keccak(text=f"payee {i}")[12:]) for i in range(max(SIZES))
        ]
        for key, payee in zip(self.keys, self.payees, strict=True):
            self.web3.provider.make_request("anvil_setBalance", [key.address, hex(10**20)])
            self.web3.provider.make_request("anvil_impersonateAccount", [key.address])
            self.web3.provider.make_request("anvil_setBalance", [payee, hex(1)])
            self.send(registry.functions.register(2, 0, "", keccak(b"")), key.address)
            self.send(self.token.functions.transfer(payee, 1), self.buyer)

    def deploy(self, name: str, *args: Any) -> Any:
        artifact = artifacts.load(name)
        factory = self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = self.web3.eth.wait_for_transaction_receipt(
            factory.constructor(*args).transact({"from": self.leader})
        )
        return self.web3.eth.contract(address=receipt["contractAddress"], abi=artifact["abi"])

    def peer_token(self) -> Any:
        """The ERC-20 with which the peers were measured: OpenZeppelin 4.9.6, from its npm
        package.
        """
        path = (
            ROOT
            / "node_modules/@openzeppelin/contracts/build/contracts/ERC20PresetFixedSupply.json"
        )
        build = json.loads(path.read_text())
        factory = self.web3.eth.contract(abi=build["abi"], bytecode=build["bytecode"])
        receipt = self.web3.eth.wait_for_transaction_receipt(
            factory.constructor("Token", "TKN", 10**40, self.buyer).transact({"from": self.leader})
        )
        return self.web3.eth.contract(address=receipt["contractAddress"], abi=build["abi"])

    def send(self, call: Any, sender: str, value: int = 0) -> int:
        """Gas that a transaction used."""
        sent = call.transact({"from": sender, "value": value, "gas": 16_000_000})
        receipt = self.web3.eth.wait_for_transaction_receipt(sent)
        assert receipt["status"] == 1, "a measured transaction failed"
        return int(receipt["gasUsed"])

    def make(
        self, size: int, currency: str, cost: int = 0, disburse_at: int = 0
    ) -> tuple[Any, int]:
        """An EMC of so many nodes, and what making it with all signatures used."""
        self.nonce += 1
        shares = [PPM // size] * size
        shares[0] += PPM - sum(shares)
        now = self.web3.eth.get_block("latest")["timestamp"]
        terms = Terms(
            canvas=keccak(b"canvas"),
            backstop=to_checksum_address(keccak(b"backstop")[12:]),
            starts_at=0,
            ends_at=now + 365 * 86_400,
            currency=NATIVE if currency == "native" else self.token.address,
            disburse_at=disburse_at,
            nonce=self.nonce,
            goal=Goal(Metric.PROCEEDS, 10**12, 2 * 10**25, now + 300 * 86_400, Gate.NONE),
            rows=tuple(
                Row(
                    id=i,
                    party=i + 1,
                    payee=self.payees[i],
                    base=shares[i],
                    leading=shares[i],
                    upside=shares[i],
                    lower=0,
                    upper=PPM,
                    running=0 if i % 2 else 10_000,
                    cost=cost,
                )
                for i in range(size)
            ),
        )
        emc = emc_address(
            self.consent.address, self.implementation.address, self.leader, terms.hash()
        )
        given = []
        for row, key in zip(terms.rows, self.keys, strict=False):
            message = typed_data.agreement(
                chain_id=self.web3.eth.chain_id,
                consent=self.consent.address,
                emc=emc,
                terms=terms,
                row=row,
                signer=key.address,
                deadline=FAR,
            )
            given.append((row.id, FAR, key.sign_message(typed_data.signable(message)).signature))
        used = self.send(
            self.consent.functions.make(terms.head(), terms.table(), given), self.leader
        )
        contract = self.web3.eth.contract(address=emc, abi=self.implementation.abi)
        if currency == "erc20":
            self.send(self.token.functions.approve(emc, 2**256 - 1), self.buyer)
        return contract, used

    def note(self, scenario: str, size: int, gas: int, currency: str | None = None) -> None:
        row: dict[str, Any] = {"scenario": scenario, "payees": size, "gas": gas}
        if currency:
            row["currency"] = currency
        self.rows.append(row)

    def measure(self, size: int) -> None:
        """All scenarios for one number of payees."""
        for currency in ("native", "erc20"):
            amount = 10**15 if currency == "native" else 29_330_000
            value = amount if currency == "native" else 0
            emc, _ = self.make(size, currency)
            for number in (1001, 1002, 1003):
                # beyond the benchmark from the first sale on, so that a steady tranche is measured
                sale = emc.functions.sale(number, amount, CUSTOMER)
                gas = self.send(sale, self.buyer, value)
            self.note("sale", size, gas, currency)
            orders = [(amount, keccak(i.to_bytes(2, "big"))) for i in range(100)]
            self.send(emc.functions.sales(1004, orders), self.buyer, 100 * value)
            gas = self.send(emc.functions.sales(1104, orders), self.buyer, 100 * value)
            self.note("sale_batch", size, -(-gas // 100), currency)
            emc, _ = self.make(size, currency, disburse_at=2**90)
            for number in (1001, 1002):
                self.send(emc.functions.sale(number, amount, CUSTOMER), self.buyer, value)
            self.send(emc.functions.disburse(), self.buyer)
            self.send(emc.functions.sale(1003, amount, CUSTOMER), self.buyer, value)
            gas = self.send(emc.functions.disburse(), self.buyer)
            self.note("disburse", size, gas, currency)
        _, gas = self.make(size, "native", cost=1000)
        self.note("create", size, gas)


def table(rows: list[dict[str, Any]]) -> Table:
    """The figures beside the peers'."""
    out = Table(title="gas, whole transactions", title_justify="left")
    for column in ("scenario", "currency", *(f"N={size}" for size in SIZES)):
        out.add_column(column, justify="left" if column in ("scenario", "currency") else "right")
    kinds = dict.fromkeys((row["scenario"], row.get("currency")) for row in rows)
    for scenario, currency in kinds:
        figures = {
            row["payees"]: row["gas"]
            for row in rows
            if (row["scenario"], row.get("currency")) == (scenario, currency)
        }
        out.add_row(scenario, currency or "", *(f"{figures[size]:,}" for size in SIZES))
        if scenario == "sale" and currency:
            for peer, values in PEERS.items():
                cells = [
                    f"{figures[size] / values[currency][size]:.3f}"
                    if size in values[currency]
                    else ""
                    for size in SIZES
                ]
                out.add_row(f"  of {peer}", "", *cells, style="dim")
    return out


def too_much(rows: list[dict[str, Any]]) -> list[str]:
    """The figures above what is required."""
    return [
        f"{row['scenario']} {row.get('currency', '')} N={row['payees']}: {row['gas']:,} > {limit:,}"
        for row in rows
        if (limit := REQUIRED.get((row["scenario"], row.get("currency")), {}).get(row["payees"]))
        and row["gas"] > limit
    ]


def measure(sizes: tuple[int, ...] = SIZES) -> list[dict[str, Any]]:
    """Rows of build/bench.json, measured on a node of their own."""
    with anvil.running("--accounts", "2", "--gas-limit", "30000000") as url:
        bench = Bench(url)
        for size in sizes:
            bench.measure(size)
        return bench.rows


def main() -> int:
    rows = measure()
    out = ROOT / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    Console(width=120).print(table(rows))
    above = too_much(rows)
    for line in above:
        print(f"above the limit: {line}", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
