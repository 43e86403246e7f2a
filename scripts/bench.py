"""Measure gas on an anvil node and print it beside the peers; writes build/bench.json.

Whole transactions, cancun rules, payees that exist and hold a balance, as the peers were measured.
`sale` is the third one of an EMC, with customer reference, a running cost on every other row,
outside the COST band, gate open, in steady state. Changes of terms are measured after an earlier
one. Figures are receipts, not estimates; the node's clock is set, so that they are the same in
every run.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import count, cycle
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
sys.path[:0] = [str(ROOT), str(ROOT / "scripts")]

from artifacts import compiled  # noqa: E402
from bench_bids import measure_bids  # noqa: E402
from bench_checkout import measure_checkout  # noqa: E402
from bench_ratings import measure_ratings  # noqa: E402

from emc import artifacts  # noqa: E402
from emc.core import typed_data  # noqa: E402
from emc.core.terms import (  # noqa: E402
    NATIVE,
    Gate,
    Goal,
    Measure,
    Metric,
    Renegotiation,
    Row,
    Terms,
    emc_address,
)
from emc.core.typed_data import Act  # noqa: E402
from emc.core.units import PPM  # noqa: E402
from tests import anvil  # noqa: E402

# when the node's clock starts, in Unix seconds; each block is a second later
START = 2_000_000_000
# seconds between two looks for a receipt: a local node has it at once
POLL = 0.005
SIZES = (2, 5, 10, 20, 50, 64)
FAR = 2**40 - 1
CUSTOMER = keccak(text="a customer's salted reference")
# of the nodes, in ppm: seven of ten
QUORUM = 700_000
# native coin of a sale behind a closed gate; odd, so that each epoch leaves dust
ODD = 10**15 + 1_234_567
# what a HostilePayee does with coin: burn all gas it gets
BURN = 3
# measured on anvil 1.7.1, cancun: 0xSplits v2 push with pay and distribute in one transaction by a
# router, and a minimal push with the share table in code, without accounts or events
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
    ("sale", "erc20"): {2: 81_569, 5: 110_480, 10: 168_518, 20: 263_962, 50: 574_993},
    ("sale_batch", "erc20"): {10: 4_300},
    ("create", None): {10: 527_000},
    ("renegotiate", "native"): {10: 635_000},
    ("renegotiate_open", "native"): {10: 580_000},
    ("gate_opening", "native"): {64: 780_000},
    # rule 9: below what public chains let one transaction use
    ("gate_opening_hostile", "native"): {64: 15_999_999},
    ("exit", "native"): {10: 555_000},
    ("change_payee", "native"): {10: 275_000},
    # at most 9,000 for each order above `sale_batch` with ten payees
    ("checkout_book", "native"): {100: 12_190},
    ("checkout_book", "erc20"): {100: 12_220},
}


class Bench:
    """A system on a node, and the transactions that are measured."""

    def __init__(self, url: str) -> None:
        # without what would ask for chain id, block and fees before each transaction
        self.web3 = Web3(Web3.HTTPProvider(url), middleware=[])
        self.web3.provider.make_request("anvil_setBlockTimestampInterval", [1])
        self.leader, self.buyer = self.web3.eth.accounts[:2]
        self.rows: list[dict[str, Any]] = []
        self.nonce = 0
        self.numbers = count(1025)
        self.place()
        self.token = self.peer_token()
        self.keys = [Account.from_key(keccak(text=f"node {i}")) for i in range(max(SIZES))]
        self.payees = [
            to_checksum_address(keccak(text=f"payee {i}")[12:]) for i in range(max(SIZES))
        ]
        for key, payee in zip(self.keys, self.payees, strict=True):
            self.web3.provider.make_request("anvil_setBalance", [key.address, hex(10**20)])
            self.web3.provider.make_request("anvil_impersonateAccount", [key.address])
            self.web3.provider.make_request("anvil_setBalance", [payee, hex(1)])
            self.send(self.registry.functions.register(2, 0, "", keccak(b"")), key.address)
            self.send(self.token.functions.transfer(payee, 1), self.buyer)

    def place(self) -> None:
        """Put the contracts that EMCs share on the node."""
        self.registry = self.deploy("MicroEnterprises")
        pages = self.deploy("Pages")
        # an EMC is told where the rooms of the table will be: deployed right after it
        nonce = self.web3.eth.get_transaction_count(self.leader)
        sender = bytes.fromhex(self.leader[2:])
        rooms = tuple(
            to_checksum_address(keccak(rlp.encode([sender, nonce + i]))[12:]) for i in range(1, 5)
        )
        self.implementation = self.deploy("EMC", rooms, pages.address)
        base = (self.implementation.address, self.registry.address)
        self.consent, self.changes, self.conduct, self.goals = (
            self.deploy(name, *base) for name in ("Consent", "Changes", "Conduct", "Goals")
        )

    def deploy(self, name: str, *args: Any) -> Any:
        return self.put(artifacts.load(name), *args)

    def put(self, artifact: dict[str, Any], *args: Any) -> Any:
        """Any contract, deployed."""
        factory = self.web3.eth.contract(abi=artifact["abi"], bytecode=artifact["bytecode"])
        receipt = self.web3.eth.wait_for_transaction_receipt(
            factory.constructor(*args).transact({"from": self.leader}), poll_latency=POLL
        )
        return self.web3.eth.contract(address=receipt["contractAddress"], abi=artifact["abi"])

    def peer_token(self) -> Any:
        """The ERC-20 with which the peers were measured: OpenZeppelin 4.9.6, from npm."""
        built = ROOT / "node_modules/@openzeppelin/contracts/build/contracts"
        artifact = json.loads((built / "ERC20PresetFixedSupply.json").read_text())
        return self.put(artifact, "Token", "TKN", 10**40, self.buyer)

    def send(self, call: Any, sender: str, value: int = 0) -> int:
        """Gas that a transaction used."""
        sent = call.transact({"from": sender, "value": value, "gas": 16_000_000})
        receipt = self.web3.eth.wait_for_transaction_receipt(sent, poll_latency=POLL)
        assert receipt["status"] == 1, "a measured transaction failed"
        return int(receipt["gasUsed"])

    def terms(
        self,
        size: int,
        currency: str = "native",
        *,
        running: int = 10_000,
        cost: int = 0,
        disburse_at: int = 0,
    ) -> Terms:
        """Equal shares, gate open, a goal that is far away.

        Args:
            running: Ppm of every sale, on every other row.
            cost: Cost cover of each row, in base units.
        """
        self.nonce += 1
        shares = [PPM // size] * size
        shares[0] += PPM - sum(shares)
        now = self.web3.eth.get_block("latest")["timestamp"]
        return Terms(
            canvas=keccak(b"canvas"),
            backstop=to_checksum_address(keccak(b"backstop")[12:]),
            starts_at=0,
            ends_at=now + 365 * 86_400,
            currency=NATIVE if currency == "native" else self.token.address,
            disburse_at=disburse_at,
            nonce=self.nonce,
            goal=Goal(
                (Measure(Metric.PROCEEDS, 10**12, 2 * 10**25),), now + 300 * 86_400, Gate.NONE
            ),
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
                    running=0 if i % 2 else running,
                    cost=cost,
                )
                for i in range(size)
            ),
            renegotiation=Renegotiation(quorum=QUORUM),
        )

    def signatures(
        self, room: Any, name: str, emc: str, terms: Terms, count: int, epoch: int = 1
    ) -> list[tuple[int, int, bytes]]:
        """The word of the first nodes on terms, for a room of the table."""
        given = []
        domain = typed_data.Domain(self.web3.eth.chain_id, name, room.address)
        for row, key in zip(terms.rows[:count], self.keys, strict=False):
            message = typed_data.agreement(
                domain,
                emc=emc,
                epoch=epoch,
                terms=terms,
                row=row,
                signer=key.address,
                deadline=FAR,
                act=Act.FORMATION if epoch == 1 else Act.RENEGOTIATION,
            )
            given.append((row.id, FAR, key.sign_message(typed_data.signable(message)).signature))
        return given

    def formation(self, terms: Terms) -> tuple[str, list[Any]]:
        """Where the EMC of these terms will be, and what `make` takes, all signatures in it."""
        accounts = [key.address for key in self.keys[: len(terms.rows)]]
        emc = emc_address(self.consent.address, self.implementation.address, accounts, terms.hash())
        given = self.signatures(self.consent, "Consent", emc, terms, len(terms.rows))
        return emc, [terms.head(), terms.packed_rows(), given]

    def make(self, terms: Terms) -> tuple[Any, int]:
        """An EMC of these terms, and what making it with all signatures used."""
        emc, agreed = self.formation(terms)
        used = self.send(self.consent.functions.make(*agreed), self.leader)
        contract = self.web3.eth.contract(address=emc, abi=self.implementation.abi)
        if terms.currency != NATIVE:
            self.send(self.token.functions.approve(emc, 2**256 - 1), self.buyer)
        return contract, used

    def sell(self, emc: Any, amount: int) -> int:
        """Gas of a sale in native coin under the next order number."""
        sale = emc.functions.sale(next(self.numbers), amount, CUSTOMER)
        return self.send(sale, self.buyer, amount)

    def renegotiate(self, emc: Any, terms: Terms) -> tuple[Terms, int]:
        """The next terms, and what it used to put them in force: every row's shares change in
        every tranche, and the buyer relays as many signatures as the quorum needs.
        """
        steps = zip(terms.rows, cycle((-100, 100)), strict=False)
        rows = tuple(
            replace(row, base=row.base + n, leading=row.leading + 2 * n, upside=row.upside + 3 * n)
            for row, n in steps
        )
        new = replace(terms, rows=rows)
        words = [row.base << 56 | row.leading << 36 | row.upside << 16 for row in rows]
        enough = -(-len(rows) * terms.renegotiation.quorum // PPM)
        epoch = emc.functions.epoch().call() + 1
        given = self.signatures(self.changes, "Changes", emc.address, new, enough, epoch)
        used = self.send(
            self.changes.functions.renegotiate(
                emc.address, terms.head(), terms.packed_rows(), words, given
            ),
            self.buyer,
        )
        return new, used

    def note(self, scenario: str, size: int, gas: int, currency: str | None = None) -> None:
        named = {"currency": currency} if currency else {}
        self.rows.append({"scenario": scenario, "payees": size, "gas": gas, **named})

    def measure(self, size: int) -> None:
        """All scenarios for one number of payees."""
        for currency in ("native", "erc20"):
            amount = 10**15 if currency == "native" else 29_330_000
            value = amount if currency == "native" else 0
            emc, _ = self.make(self.terms(size, currency))
            for number in (1001, 1002, 1003):
                # beyond the benchmark from the first sale on, so that a steady tranche is measured
                sale = emc.functions.sale(number, amount, CUSTOMER)
                gas = self.send(sale, self.buyer, value)
            self.note("sale", size, gas, currency)
            orders = [(amount, keccak(i.to_bytes(2, "big"))) for i in range(100)]
            self.send(emc.functions.sales(1004, orders), self.buyer, 100 * value)
            gas = self.send(emc.functions.sales(1104, orders), self.buyer, 100 * value)
            self.note("sale_batch", size, -(-gas // 100), currency)
            emc, _ = self.make(self.terms(size, currency, disburse_at=2**90))
            for number in (1001, 1002):
                self.send(emc.functions.sale(number, amount, CUSTOMER), self.buyer, value)
            self.send(emc.functions.disburse(), self.buyer)
            self.send(emc.functions.sale(1003, amount, CUSTOMER), self.buyer, value)
            gas = self.send(emc.functions.disburse(), self.buyer)
            self.note("disburse", size, gas, currency)
        self.note("create", size, self.make(self.terms(size, cost=1000))[1])

    def measure_changes(self, size: int) -> None:
        """The second renegotiation behind a closed gate and behind an open one, each with sales
        before and after the first; then, behind the closed one, a change of payee and an exit.
        """
        for scenario, gate in (("renegotiate_open", Gate.NONE), ("renegotiate", Gate.TARGET)):
            terms = self.terms(size)
            terms = replace(terms, goal=replace(terms.goal, gate=gate))
            emc, _ = self.make(terms)
            self.sell(emc, ODD)
            terms, _ = self.renegotiate(emc, terms)
            self.sell(emc, ODD)
            is_open, held = gate is Gate.NONE, emc.functions.accounts().call()[3]
            assert is_open == (held == 0), "nothing waits behind the closed gate"
            terms, gas = self.renegotiate(emc, terms)
            self.note(scenario, size, gas, "native")
        where = emc.address, terms.head(), terms.packed_rows()
        payee = to_checksum_address(keccak(b"another payee")[12:])
        last = self.keys[size - 1].address
        gas = self.send(self.conduct.functions.change_payee(*where, size - 1, payee), last)
        self.note("change_payee", size, gas, "native")
        self.send(self.conduct.functions.give_notice(*where, size - 1), last)
        gas = self.send(self.conduct.functions.leave(*where, size - 1), self.buyer)
        assert emc.functions.earned(size - 1).call()[1] != 0, "nothing waits for who left"
        self.note("exit", size, gas, "native")

    def measure_opening(self, size: int, scenario: str, payees: Sequence[str]) -> None:
        """The sale that opens the gate after three renegotiations, with sales in all four epochs.
        No row has a running cost, so that nothing is paid before: who has a credit is not pushed
        to, and would burn nothing.
        """
        terms = self.terms(size, running=0)
        measure = replace(terms.goal.measures[0], benchmark=9 * ODD)
        terms = replace(
            terms,
            goal=replace(terms.goal, measures=(measure,), gate=Gate.BENCHMARK),
            # how many sign them leaves no trace in the EMC
            renegotiation=Renegotiation(quorum=1),
            rows=tuple(
                replace(row, payee=payee) for row, payee in zip(terms.rows, payees, strict=True)
            ),
        )
        emc, _ = self.make(terms)
        for _ in range(3):
            self.sell(emc, ODD)
            self.sell(emc, ODD)
            terms, _ = self.renegotiate(emc, terms)
        self.sell(emc, ODD)
        self.sell(emc, ODD)
        before = emc.functions.accounts().call()
        assert before[1:4] == (0, 0, 8 * ODD), "the gate holds not everything"
        gas = self.sell(emc, ODD)
        _, paid, credited, held, _, dust = emc.functions.accounts().call()
        settled = (0, 9 * ODD - dust) if scenario.endswith("hostile") else (9 * ODD - dust, 0)
        assert (paid, credited, held) == (*settled, 0), "not everything is settled"
        self.note(scenario, size, gas, "native")


def table(rows: list[dict[str, Any]]) -> Table:
    """The figures beside the peers'; empty where a scenario has one size only."""
    out = Table(title="gas, whole transactions", title_justify="left")
    sizes = sorted({row["payees"] for row in rows})
    for column in ("scenario", "currency", *(f"N={size}" for size in sizes)):
        out.add_column(column, justify="left" if column in ("scenario", "currency") else "right")
    kinds = dict.fromkeys((row["scenario"], row.get("currency")) for row in rows)
    for scenario, currency in kinds:
        figures = {
            row["payees"]: row["gas"]
            for row in rows
            if (row["scenario"], row.get("currency")) == (scenario, currency)
        }
        cells = [f"{figures[size]:,}" if size in figures else "" for size in sizes]
        out.add_row(scenario, currency or "", *cells)
        if scenario == "sale" and currency:
            for peer, values in PEERS.items():
                cells = [
                    f"{figures[size] / values[currency][size]:.3f}"
                    if size in values[currency]
                    else ""
                    for size in sizes
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
    options = ["--accounts", "2", "--gas-limit", "30000000", "--timestamp"]
    with anvil.running(*options, str(START)) as url:
        bench = Bench(url)
        for size in sizes:
            bench.measure(size)
        bench.measure_changes(10)
        bench.measure_opening(64, "gate_opening", bench.payees)
        hostile = json.loads(compiled("mocks/HostilePayee.vy"))
        burners = [bench.put(hostile, BURN).address for _ in range(64)]
        bench.measure_opening(64, "gate_opening_hostile", burners)
        measure_bids(bench)
        measure_checkout(bench)
        measure_ratings(bench)
        return bench.rows


def main() -> int:
    rows = measure()
    out = ROOT / "build" / "bench.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"rows": rows}, indent=1) + "\n")
    Console(width=120).print(table(rows))
    for line in (above := too_much(rows)):
        print(f"above the limit: {line}", file=sys.stderr)
    return 1 if above else 0


if __name__ == "__main__":
    sys.exit(main())
