"""`ape run demo`: the Smart Cooking EMC from nothing to proven payouts, on the embedded chain."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc import canvas as canvases
from emc import formation, orders, standing, submission
from emc.agreement import Agreement
from emc.bundle import Bundle
from emc.chain import Chain, connect, send
from emc.cli import in_words, output, proposal_view, talk
from emc.decisions import Decision
from emc.orders import Order
from emc.proof import Proof, prove
from emc.proposal import (
    Amendment,
    Body,
    Proposal,
    Renegotiation,
    Share,
    applied,
    document_of,
)
from emc.replay import Run
from emc.standing import terms_by_epoch
from emc.system import System
from emc.terms import Row
from emc.units import PPM, format_span

if TYPE_CHECKING:
    from ape.api import AccountAPI

ROOT = Path(__file__).parent.parent
# one dollar of the real orders stands for so many yuan of the example
RATE = Decimal(50)
SALT = bytes(32)
PERCENT = PPM // 100
# MicroEnterprises: EXTERNAL
PARTNER = 4


@click.command()
@click.option("--limit", default=0, help="Sell only so many orders.")
def cli(limit: int) -> None:
    """Register, sign, sell the real orders, renegotiate, let a node join, prove every unit."""
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
        names = {
            row.id: label.name for row, label in zip(bundle.terms.rows, bundle.labels, strict=True)
        }
        book = stock(agreement, bundle, limit)
        third = len(book) // 3
        sell(agreement, book[:third], "the first third of the orders")
        renegotiate(system, bundle, names)
        sell(agreement, book[third : 2 * third], "the second third")
        join(system, bundle.emc, names)
        sell(agreement, book[2 * third :], "the rest")
        epochs = terms_by_epoch(system, bundle.emc)
        proof = prove(agreement, epochs)
        tell_story(bundle, proof)
        tell_nodes(bundle, proof, names)
        tell_proof(bundle, proof)


def renegotiate(system: System, bundle: Bundle, names: dict[int, str]) -> None:
    """The monthly look at shares: the steaming oven asks for one percent of the reserve's."""
    keys = {label.key: row.id for row, label in zip(bundle.terms.rows, bundle.labels, strict=True)}
    giver, taker = keys["reserve"], keys["steaming-oven"]
    rows = {row.id: row for row in bundle.terms.rows}
    change = Renegotiation(
        shares=tuple(
            Share(row=row, base=base + by, leading=leading + by, upside=upside + by)
            for row, by in ((giver, -PERCENT), (taker, PERCENT))
            for base, leading, upside in [rows[row].shares]
        )
    )
    decision = decide_on(system, bundle.emc, change)
    proposal_view.show(decision, names, only=(giver, taker))
    accounts = cast_of(system, decision)
    window = decision.standing.terms.renegotiation.window
    submission.open_(decision, accounts[taker], system.chain.now + 2 * window)
    wait(system.chain, window)
    # the quorum signs; a third is silent and blocks nobody
    decision = signed(system, decision, list(accounts)[: decision.needed])
    receipt = submission.submit(decision, system.chain.account("TEST::0"))
    talk.facts(
        "Renegotiated",
        {
            "signed": f"{decision.needed} of {len(decision.voices)} nodes, relayed together, "
            f"after a window of {format_span(window)} in which nobody objected",
            "gas": f"{receipt.gas_used:,}",
        },
    )


def join(system: System, emc: str, names: dict[int, str]) -> None:
    """A late entry: a recycling partner gets one percent of the reserve's shares."""
    chain = system.chain
    terms = standing.read(system, emc).terms
    account = chain.test_accounts(2 + len(terms.rows))[-1]
    me = system.register(account, PARTNER)
    row = Row(
        id=max(row.id for row in terms.rows) + 1,
        party=me,
        payee=account.address,
        base=PERCENT,
        leading=PERCENT,
        upside=PERCENT,
        lower=PERCENT // 2,
        upper=3 * PERCENT,
    )
    names[row.id] = "Recycling partner"
    *others, reserve = terms.rows
    base, leading, upside = (share - PERCENT for share in reserve.shares)
    after = replace(
        terms,
        # its lower bound gives way, which only an amendment can do
        rows=(
            *others,
            row,
            replace(reserve, base=base, leading=leading, upside=upside, lower=0),
        ),
    )
    decision = decide_on(system, emc, Amendment(terms=document_of(after)))
    proposal_view.show(decision, names, only=(reserve.id, row.id))
    decision = signed(system, decision, [voice.row for voice in decision.voices])
    receipt = submission.submit(decision, chain.account("TEST::0"))
    talk.facts(
        "Amended",
        {
            "signed": f"{len(decision.voices)} of {len(decision.voices)} nodes, old and new",
            "gas": f"{receipt.gas_used:,}",
        },
    )


def decide_on(system: System, emc: str, change: Body) -> Decision:
    """A change as a proposal beside the chain."""
    now = standing.read(system, emc)
    terms_hash = applied(change, now.terms).hash()
    return Decision(now, Proposal(system.chain.id, emc, now.epoch, terms_hash, change))


def signed(system: System, decision: Decision, rows: list[int]) -> Decision:
    """The proposal with the signatures of these rows."""
    proposal, accounts = decision.proposal, cast_of(system, decision)
    until = system.chain.now + 86_400
    with talk.bar("signing", len(rows)) as advance:
        for row in rows:
            proposal = proposal.signed(decision.sign(accounts[row], until))
            advance(1)
    return Decision(decision.standing, proposal)


def cast_of(system: System, decision: Decision) -> "dict[int, AccountAPI]":
    """The test account behind each voice."""
    accounts = system.chain.test_accounts(3 + len(decision.after.rows))
    by_address = {account.address: account for account in accounts}
    return {voice.row: by_address[voice.account] for voice in decision.voices}


def wait(chain: Chain, seconds: int) -> None:
    """Let time pass on the embedded chain."""
    chain.provider.set_timestamp(chain.now + seconds)
    chain.provider.mine()


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


def stock(agreement: Agreement, bundle: Bundle, limit: int) -> list[Order]:
    """The real orders, and the money to pay them with."""
    book, skipped = orders.read(ROOT / "data" / "cdnow_orders.csv", bundle.currency, SALT, RATE)
    book = book[: limit or None]
    creator = agreement.chain.account("TEST::0")
    amount = sum(order.amount for order in book)
    token = agreement.token
    assert token is not None
    send("minting the test token", token.mint, creator.address, amount, sender=creator)
    agreement.prepare(creator, amount)
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
    return book


def sell(agreement: Agreement, book: list[Order], which: str) -> None:
    creator = agreement.chain.account("TEST::0")
    with talk.bar(f"selling {which}", len(book)) as advance:
        agreement.sell(creator, orders.batches(book), lambda batch, _: advance(len(batch.orders)))


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


def tell_nodes(bundle: Bundle, proof: Proof, names: dict[int, str]) -> None:
    """What each row was paid, by the epoch in which the money moved."""
    money = bundle.currency
    epochs = sorted({run.epoch for run in proof.runs})
    columns = [
        output.Column("node"),
        *(output.Column(f"in epoch {epoch}", "right") for epoch in epochs),
        output.Column(f"earned, {money.symbol}", "right"),
        output.Column("paid to its account", "right"),
    ]
    rows = []
    for row in proof.life.rows:
        by_epoch = [
            sum(run.payments.get(row.id, 0) for run in proof.runs if run.epoch == epoch)
            for epoch in epochs
        ]
        amounts = [*by_epoch, proof.life.earned[row.id], proof.paid.get(row.payee, 0)]
        rows.append([names[row.id], *(money.format(each, symbol=False) for each in amounts)])
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


cli = in_words(cli)

if __name__ == "__main__":
    cli()
