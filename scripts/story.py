"""What the demo tells of an EMC's life: what was agreed, what happened, who got what."""

from emc.cli.shared import output, talk
from emc.client.proof import Proof
from emc.core.replay import Run
from emc.errors import EMCError
from emc.files.bundle import Bundle


def terms(bundle: Bundle, gas: int) -> None:
    """What was agreed, and what making it cost."""
    terms, money, goal = bundle.terms, bundle.currency, bundle.canvas.leading_goal
    benchmarks = [each.shown(money, each.benchmark) for each in goal.measures]
    targets = [each.shown(money, each.target) for each in goal.measures]
    talk.facts(
        bundle.canvas.title,
        {
            "EMC": bundle.emc,
            "nodes": f"{len(terms.nodes)}, each signed terms {terms.hash().hex()[:16]}...",
            "benchmark": f"{' and '.join(benchmarks)} (the gate opens)",
            "target": " and ".join(targets),
            "made and activated": f"in one transaction, {gas:,} gas",
        },
    )


def runs(bundle: Bundle, proof: Proof) -> None:
    """The payment runs at which something new happened."""
    money, proceeds = bundle.currency, bundle.terms.goal.proceeds
    assert proceeds is not None, "the demo's goal counts proceeds"
    shown: list[tuple[Run, int, str]] = []
    before_total = before_held = 0
    for run in proof.runs:
        news = []
        if not shown:
            news.append("first sale")
        if before_total < proceeds.benchmark <= run.total:
            news.append("benchmark passed")
        if before_held and not run.held:
            news.append("gate opened, all held money released")
        if before_total < proceeds.target <= run.total:
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


def nodes(bundle: Bundle, proof: Proof, names: dict[int, str]) -> None:
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


def proof(bundle: Bundle, proof: Proof) -> None:
    """Where everything that came in is.

    Raises:
        EMCError: it does not tie.
    """
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
        raise EMCError("does not reconcile: " + "; ".join(proof.faults))
    output.line("Everything reconciles, to the base unit.", style="bold green")
