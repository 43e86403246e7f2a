"""`ape run demo`: the Smart Cooking EMC from nothing to proven payouts, on the embedded chain."""

from decimal import Decimal
from pathlib import Path

import click

from emc import canvas as canvases
from emc import formation, orders
from emc.bundle import Bundle
from emc.chain import connect, send
from emc.cli import output, talk
from emc.agreement import Agreement
from emc.system import System
from emc.proof import Proof, prove
from emc.replay import Run
from emc.waterfall import entitlement

ROOT = Path(__file__).parent.parent
# one dollar of the real orders stands for so many yuan of the example
RATE = Decimal(50)
SALT = bytes(32)


@click.command()
@click.option("--limit", default=0, help="Sell only so many orders.")
def cli(limit: int) -> None:
    """Register, sign, sell the real orders, open the gate, pass the target, prove every unit."""
    whole = canvases.load(ROOT / "canvases" / "smart-cooking.yaml")
    with connect() as chain:
        creator = chain.account("TEST::0")
        system = System.deploy(chain, creator)
        with talk.steps("registering nodes and signing") as step:
            parties = formation.local_cast(chain, system, whole, step)
            bundle = formation.draw_up(chain, system, whole, parties, creator.address)
            bundle = formation.sign_by_test_accounts(chain, system, bundle, step)
        receipt = system.relay(bundle, creator)
        assert receipt is not None
        tell_terms(bundle, receipt.gas_used)
        agreement = system.agreement(bundle.emc)
        sell(agreement, bundle, limit)
        proof = prove(agreement, {1: bundle.terms})
        tell_story(bundle, proof)
        tell_nodes(bundle, proof)
        tell_proof(bundle, proof)


def tell_terms(bundle: Bundle, gas: int) -> None:
    terms, money = bundle.terms, bundle.currency
    talk.facts(
        bundle.canvas.title,
        {
            "EMC": bundle.emc,
            "nodes": f"{len(terms.nodes)}, each signed terms {terms.hash().hex()[:16]}...",
            "benchmark": f"{money.format(terms.goal.benchmark)} (the gate opens)",
            "target": money.format(terms.goal.target),
            "made and activated": f"in one transaction, {gas:,} gas",
        },
    )


def sell(agreement: Agreement, bundle: Bundle, limit: int) -> None:
    book, skipped = orders.read(ROOT / "data" / "cdnow_orders.csv", bundle.currency, SALT, RATE)
    book = book[: limit or None]
    creator = agreement.chain.account("TEST::0")
    amount = sum(order.amount for order in book)
    token = agreement.token
    assert token is not None
    send("minting the test token", token.mint, creator.address, amount, sender=creator)
    agreement.prepare(creator, amount)
    with talk.bar("selling", len(book)) as advance:
        agreement.sell(creator, orders.batches(book), lambda batch, _: advance(len(batch.orders)))
    customers = len({order.customer for order in book})
    talk.facts(
        "Sales",
        {
            "orders": f"{len(book):,} of {customers:,} customers, at {RATE} yuan to the dollar",
            "skipped": f"{len(skipped)} lines ("
            + "; ".join(sorted({s.reason for s in skipped}))
            + ")",
        },
    )


def tell_story(bundle: Bundle, proof: Proof) -> None:
    """The payment runs at which something new happened."""
    money, goal = bundle.currency, bundle.terms.goal
    shown: list[tuple[Run, int, str]] = []
    before_total = before_held = 0
    for run in proof.runs:
        news = []
        if not shown:
            news.append("first sale")
        if before_total < goal.benchmark <= run.total:
            news.append("benchmark passed")
        if before_held and not run.held:
            news.append("gate opened, all held money released")
        if before_total < goal.target <= run.total:
            news.append("target passed")
        if news:
            shown.append((run, before_held, ", ".join(news)))
        before_total, before_held = run.total, run.held
    output.table(
        [
            output.Column("block", "right"),
            output.Column("proceeds after", "right"),
            output.Column("held before", "right"),
            output.Column("held after", "right"),
            output.Column("paid in this transaction", "right"),
            output.Column("what happened"),
        ],
        [
            [
                str(run.block),
                money.format(run.total, symbol=False),
                money.format(held, symbol=False),
                money.format(run.held, symbol=False),
                money.format(run.paid, symbol=False),
                text,
            ]
            for run, held, text in shown
        ],
    )


def tell_nodes(bundle: Bundle, proof: Proof) -> None:
    """What each row earned, by tranche."""
    terms, money = bundle.terms, bundle.currency
    shared = proof.accounts.received - proof.accounts.pending
    parts = ("running", "cost", "base", "leading", "upside")
    columns = [output.Column("node"), *(output.Column(part, "right") for part in parts)]
    columns.append(output.Column(f"earned, {money.symbol}", "right"))
    columns.append(output.Column("paid to its account", "right"))
    rows = []
    for label, row in zip(bundle.labels, terms.rows, strict=True):
        due = entitlement(terms, row, shared)
        amounts = [*(getattr(due, part) for part in parts), due.flows, proof.paid.get(row.payee, 0)]
        rows.append([label.name, *(money.format(each, symbol=False) for each in amounts)])
    output.table(columns, rows)


def tell_proof(bundle: Bundle, proof: Proof) -> None:
    money, books = bundle.currency, proof.accounts
    talk.facts(
        "Proof: received = paid + credited + held + pending + dust",
        {
            "received": money.format(books.received),
            "paid": money.format(books.paid),
            "credited": money.format(books.credited),
            "held": money.format(books.held),
            "pending": money.format(books.pending),
            "dust": money.format(books.dust),
            "the EMC's balance": money.format(proof.balance),
            "payment runs": f"{len(proof.runs)}, read back from events",
        },
    )
    if proof.faults:
        raise click.ClickException("does not tie: " + "; ".join(proof.faults))
    output.line("Everything ties, to the base unit.", style="bold green")


if __name__ == "__main__":
    cli()
