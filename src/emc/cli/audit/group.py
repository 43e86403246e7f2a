"""emc audit: every payout of an EMC proven from public data, or the first line that is wrong."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.audit import export as audit_export
from emc.cli.audit import nested as audit_nested
from emc.cli.audit import report as audit_report
from emc.cli.audit import statement as audit_statement
from emc.cli.audit.options import (
    FIRST,
    REPUTATION,
    STORE,
    Source,
    chosen,
    progress,
    reading,
    speaking,
)
from emc.cli.audit.watch import watch
from emc.cli.shared import output, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.output import Column
from emc.core.text import counted

if TYPE_CHECKING:
    from emc.audit.prove.case import Verdict
    from emc.audit.prove.findings_of_orders import Returns
    from emc.core.units import Currency
    from emc.rpc.node import Node


@click.group(cls=Group)
def audit() -> None:
    """Prove every payout of an EMC from public data, or name the first line that is wrong."""


@audit.command()
@reading(FIRST, REPUTATION)
@output.json_option
def sync(source: Source, as_json: bool) -> None:
    """Read the events of EMC, or of all EMCs of this version, into a file.

    Continues from the last sync; events that a reorganisation of the chain removed are deleted.
    Reads only EMCs that Consent made. `emc audit run` does this by itself.

    \b
    Examples:
      emc audit sync 0x5FbD...0aa3 --rpc http://127.0.0.1:8545
      emc audit sync --all --network sepolia --depth 12 --store sepolia.duckdb
    """
    from emc.audit.read import store as files

    with files.open_store(source.store, writes=True) as db, progress() as told:
        done = source.asking(lambda node: source.sync(db, node, told))
    result = {
        "block": done.pinned.number,
        "hash": done.pinned.hash,
        "emcs": done.emcs,
        "events": done.new,
        "rolled_back_to": done.rolled_back_to,
    }
    if as_json:
        output.print_json(result)
        return
    back = done.rolled_back_to
    talk.facts(
        f"read into {source.store}",
        {
            "up to block": f"{done.pinned.number} {done.pinned.hash}",
            "EMCs": str(len(done.emcs)),
            "new events": str(done.new),
            **({} if back is None else {"rolled back to": f"block {back}"}),
        },
    )


@audit.command("run")
@reading(FIRST, REPUTATION)
@click.option(
    "--no-sync", is_flag=True, help="Check what the store holds, without reading anything new."
)
@click.option(
    "--canvas",
    type=click.Path(path_type=Path),
    help="A canvas file to compare with the one that was signed.",
)
@click.option(
    "--evidence",
    default="EVIDENCE.json",
    show_default=True,
    type=click.Path(path_type=Path),
    help="Where to write what somebody else needs to reproduce the verdict.",
)
@output.json_option
def run_command(
    source: Source, no_sync: bool, canvas: Path | None, evidence: Path, as_json: bool
) -> None:
    """Recompute every payout of EMC, and compare with events, transfers, balances and signatures.

    Exit code 0: RECONCILED. 1: NOT RECONCILED, with every line that is wrong, the first one first.
    2: something could not be checked.

    With an agreement file as EMC, or with --canvas, orders at Checkout are compared with the
    cashier and the return period in the canvas.

    \b
    Examples:
      emc audit run 0x5FbD...0aa3 --rpc http://127.0.0.1:8545
      emc audit run --all --network sepolia --json
    """
    from emc.audit.prove import reconcile, verdicts
    from emc.audit.read import store as files
    from emc.audit.tell import subjects
    from emc.files.whole import replace_file

    wanted = source.wanted
    expected = None if canvas is None else _canvas_hash(canvas)
    returns = _returns(source.emc, canvas)
    with files.open_store(source.store, writes=True) as db, progress() as told:

        async def ask(node: "Node") -> "list[Verdict]":
            if no_sync:
                emcs = [wanted] if wanted else files.emcs(db)
            else:
                emcs = (await source.sync(db, node, told)).emcs
            return await verdicts.check_all(db, node, emcs, canvas=expected, returns=returns)

        given = source.asking(ask)
        money = subjects.currencies(db)
    found = [each.evidence for each in given]
    replace_file(evidence, reconcile.dumps(found[0] if wanted else found))
    if as_json:
        output.print_json(reconcile.as_json(given))
    else:
        for verdict in given:
            show(verdict, money[verdict.emc])
        if not given:
            talk.note("Consent has made no EMC yet")
    raise SystemExit(_code(given))


def _code(verdicts: "list[Verdict]") -> int:
    codes = {each.exit_code for each in verdicts}
    return 1 if 1 in codes else max(codes, default=0)


def _canvas_hash(path: Path) -> bytes:
    from emc.files import canvas

    return canvas.load(path).hash()


def _returns(emc: str | None, path: Path | None) -> "Returns | None":
    """What the canvas says of orders that go back, as far as somebody has named it."""
    from emc.audit.prove.findings_of_orders import Returns
    from emc.files import bundle, canvas

    agreed = bundle.read(Path(emc)) if emc and emc.endswith(".json") else None
    whole = agreed.canvas if agreed else canvas.load(path) if path else None
    if whole is None or whole.returns is None:
        return None
    cashier: str | int = whole.returns.cashier
    if not whole.returns.cashier.startswith("0x"):
        if agreed is None:
            talk.note("the agreement file says which account the cashier of the canvas has")
            return None
        cashier = agreed.parties.nodes[whole.returns.cashier].me
    return Returns(whole.hash(), whole.returns.days, cashier)


def show(verdict: "Verdict", money: "Currency") -> None:
    """A verdict on a terminal."""
    from emc.audit.read.store import Counts

    styles = {"RECONCILED": "bold green", "NOT RECONCILED": "bold red"}
    output.line(verdict.word, styles.get(verdict.word, "bold yellow"))
    facts = [("stage", verdict.stage)]
    if verdict.pinned.number >= 0:
        facts.append(("pinned at", f"block {verdict.pinned.number} {verdict.pinned.hash}"))
    # none of what could not even be rebuilt
    if counts := verdict.evidence.get("counts"):
        found = Counts(counts["payouts"], counts["payments"], counts["payments_of_nothing"])
        what = (
            f"{found.text}, {counted(counts['epochs'], 'epoch')}, "
            f"{counted(counts['signatures'], 'signature')}"
        )
        totals = verdict.evidence["totals"]
        facts.append(("checked", what))
        facts += ((name, money.format(int(amount))) for name, amount in totals.items())
    if verdict.before:
        facts.append(("before", verdict.before))
    talk.facts(verdict.emc, facts)
    if verdict.faults:
        output.line(f"first line that is wrong: {verdict.faults[0].text}", "red")
        for fault in verdict.faults[1:20]:
            output.line(f"  {fault.text}")
        if len(verdict.faults) > 20:
            output.line(f"  and {len(verdict.faults) - 20} more; --json lists all")
    for text, is_serious in verdict.unproven[:20]:
        output.line(f"not proven{'' if is_serious else ', and not needed'}: {text}", "yellow")
    if verdict.findings:
        output.line("worth knowing, but not an error:")
        output.table(
            (Column("finding"), Column("what")),
            [(each.kind.replace("_", " "), each.text) for each in verdict.findings[:50]],
        )


@audit.command()
@click.argument("emc")
@STORE
@output.json_option
@speaking
def history(emc: str, store: Path, as_json: bool) -> None:
    """List every verdict on EMC, the newest last, and what was wrong.

    Example: emc audit history 0x5FbD...0aa3 --store sepolia.duckdb
    """
    from emc.audit.prove import verdicts
    from emc.audit.read import store as files

    wanted = chosen(emc, False)
    assert wanted is not None
    with files.open_store(store) as db:
        given = verdicts.history(db, wanted)
    if as_json:
        output.print_json([each._asdict() for each in given])
        return
    if not given:
        talk.note(f"{wanted} has not been checked into {store} yet")
    for each in given:
        reason = f": {each.reason}" if each.reason else ""
        output.line(f"{each.text}{reason}")


@audit.command()
@click.argument("query")
@STORE
@output.json_option
@speaking
def sql(query: str, store: Path, as_json: bool) -> None:
    """Run your own query on the store, read-only.

    The tables are explained in docs/audit.md.

    Amounts are base units: add up only those of one EMC, or of one currency.

    Example: emc audit sql "SELECT emc, payee, sum(amount) FROM payments GROUP BY emc, payee"
    """
    from emc.audit.read import store as files

    with files.open_store(store) as db:
        names, lines = files.ask(db, query)
    if as_json:
        output.print_json([dict(zip(names, map(_plain, each), strict=True)) for each in lines])
        return
    output.table(
        [Column(output.clean(name)) for name in names],
        [["" if each is None else output.clean(str(each)) for each in line] for line in lines],
    )


def _plain(value: Any) -> Any:
    """A value for JSON: exact numbers as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


audit.add_command(watch)
audit.add_command(audit_export.command, "export")
audit.add_command(audit_statement.command, "statement")
audit.add_command(audit_nested.command, "nested")
audit.add_command(audit_report.command, "report")
