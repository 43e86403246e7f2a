"""What commands about changes share: a proposal is read beside the chain, shown, signed, sent."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from eth_utils.address import is_address
from eth_utils.crypto import keccak

from emc import forecast
from emc import proposal as files
from emc.cli import options, output, talk
from emc.errors import EMCError
from emc.proposal import Change, Proposal
from emc.source import printable
from emc.terms import Row, Terms
from emc.units import format_part, format_span, parse_span

if TYPE_CHECKING:
    from emc.chain import Chain
    from emc.decisions import Decision
    from emc.standing import Standing
    from emc.system import System

Command = TypeVar("Command", bound=Callable[..., Any])
MOST_LEVELS = 3

network_option = options.network("local")
account_option = click.option(
    "--account", required=True, help="The account in ape: key file, hardware, or TEST::n."
)
agreement_option = click.option(
    "--agreement",
    type=click.Path(path_type=Path),
    help="The agreement file, to call rows by their names.",
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
out_option = click.option(
    "--out", type=click.Path(path_type=Path), required=True, help="Where the proposal file goes."
)


@contextmanager
def opened(network: str) -> "Iterator[tuple[Chain, System]]":
    """A chain with its system."""
    from emc.chain import connect
    from emc.system import System

    with connect(network) as chain:
        yield chain, System.load(chain)


def standing_of(system: "System", target: str) -> "Standing":
    """How an EMC stands, by its address or its agreement file."""
    from emc import bundle, standing

    if target.startswith("0x"):
        if not is_address(target):
            raise EMCError(f"{target} is not an address", "an address has 40 hex digits")
        return standing.read(system, target)
    return standing.read(system, bundle.read(Path(target)).emc)


def names_of(standing: "Standing", agreement: Path | None) -> dict[int, str]:
    """Names of rows from the agreement file, if it is the one that was signed.

    Raises:
        EMCError: its terms are not those of the EMC's first epoch.
    """
    if agreement is None:
        return {}
    from emc import bundle

    file = bundle.read(agreement)
    if file.terms.hash() != standing.epochs[1].hash():
        raise EMCError(
            f"{agreement} is not the agreement of {standing.emc}", "leave out --agreement"
        )
    return {row.id: label.name for row, label in zip(file.terms.rows, file.labels, strict=True)}


def called(names: dict[int, str], row: int) -> str:
    """What to call a row."""
    return f"{row} {names[row]}" if row in names else str(row)


def draw_up(standing: "Standing", change: files.Body, out: Path) -> "Decision":
    """Write the proposal of a change that fits the terms in force.

    Raises:
        EMCError: the file is there already, or the change does not fit; nothing is written.
    """
    from emc.decisions import Decision

    if out.exists():
        raise EMCError(f"{out} is there already", "name another with --out")
    after = files.applied(change, standing.terms)
    proposal = Proposal(
        chain_id=standing.system.chain.id,
        emc=standing.emc,
        epoch=standing.epoch,
        terms_hash=after.hash(),
        change=change,
    )
    decision = Decision(standing, proposal)
    files.write(out, proposal)
    talk.note(f"proposal file: {out}")
    return decision


def load(system: "System", path: Path, kind: Change) -> "Decision":
    """A proposal beside the chain.

    Raises:
        EMCError: it is about something else, or cannot be rebuilt.
    """
    from emc import standing
    from emc.decisions import Decision

    proposal = files.read(path)
    if proposal.kind is not kind:
        raise EMCError(
            f"{path} is about {proposal.kind.value}, not {kind.value}",
            f"use `emc {COMMANDS[proposal.kind]}`",
        )
    return Decision(standing.read(system, proposal.emc), proposal)


COMMANDS = {
    Change.RENEGOTIATION: "renegotiate",
    Change.AMENDMENT: "amend",
    Change.EXPULSION: "expel",
    Change.DISBANDING: "disband",
    Change.ASSESSMENT: "assess",
}


# showing


def show(
    decision: "Decision",
    names: dict[int, str],
    own: int | None = None,
    only: Collection[int] | None = None,
) -> None:
    """What a proposal changes, in numbers.

    Args:
        own: The row of who is about to sign: shown first.
        only: Show these rows; by default all.
    """
    standing = decision.standing
    before, after = standing.terms, decision.after
    money = standing.currency
    talk.facts(
        f"{decision.kind.value.capitalize()} of {standing.emc}",
        {
            "epoch": f"{standing.epoch} in force"
            + (f", would become {standing.epoch + 1}" if after.hash() != before.hash() else ""),
            "terms hash": "0x" + after.hash().hex(),
            "proceeds so far": money.format(standing.life.total),
            "gate": "open"
            if standing.life.is_open
            else f"closed, {money.format(standing.life.held)} held",
            "needs": f"{decision.needed} of {len(decision.voices)} voices",
            **_particulars(decision),
        },
    )
    if after.hash() == before.hash():
        return
    _show_rules(before, after)
    rows = {row.id for row in (*before.rows, *after.rows)}
    chosen = sorted(rows if only is None else rows & set(only), key=lambda row: (row != own, row))
    _show_shares(before, after, names, chosen)
    _show_money(decision, names, chosen)


def _particulars(decision: "Decision") -> dict[str, str]:
    change, standing = decision.proposal.change, decision.standing
    if isinstance(change, files.Expulsion):
        sink = decision.after.sink
        return {
            "expels": f"row {change.accused}; its shares fall to row {sink}",
            "clause": printable(change.clause),
        }
    if isinstance(change, files.Assessment):
        metric = standing.terms.goal.metric.name.lower()
        return {
            "value": f"{change.amount:,} {metric}, measured {moment(change.measured_at)}",
            "evidence": change.evidence,
        }
    if isinstance(change, files.Disbanding):
        lost = "" if standing.life.is_open else f"; held money goes to {standing.terms.backstop}"
        return {"effect": f"the EMC ends at once, no further sale{lost}"}
    return {}


def _show_rules(before: Terms, after: Terms) -> None:
    """The fields of the terms, apart from the rows, that differ."""
    was, becomes = files.document_of(before), files.document_of(after)
    lines = []
    for name, value in _flat({k: v for k, v in becomes.items() if k != "rows"}):
        old = dict(_flat({k: v for k, v in was.items() if k != "rows"}))[name]
        if old != value:
            lines.append([name, str(old), str(value)])
    if lines:
        output.line()
        columns = [output.Column(each) for each in ("rule", "now", "after")]
        output.table(columns, lines)


def _flat(document: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in document.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _show_shares(before: Terms, after: Terms, names: dict[int, str], rows: list[int]) -> None:
    """Old, new, change and the room to each bound, row by row."""
    was = {row.id: row for row in before.rows}
    becomes = {row.id: row for row in after.rows}
    lines = []
    for row in rows:
        old, new = was.get(row), becomes.get(row)
        lines.append(
            [
                called(names, row),
                *(_move(old, new, i) for i in range(3)),
                _bounds(new or old),
                _room(new),
                _others(old, new),
            ]
        )
    output.line()
    columns = [
        output.Column("row"),
        output.Column("base", "right"),
        output.Column("leading", "right"),
        output.Column("upside", "right"),
        output.Column("bounds", "right"),
        output.Column("room down / up", "right"),
        output.Column("also"),
    ]
    output.table(columns, lines)


def _move(old: Row | None, new: Row | None, tranche: int) -> str:
    was = old.shares[tranche] if old else 0
    becomes = new.shares[tranche] if new else 0
    if was == becomes:
        return format_part(becomes)
    return f"{format_part(was)} > {format_part(becomes)} ({signed_part(becomes - was)})"


def signed_part(ppm: int) -> str:
    """A difference of percentages."""
    return ("+" if ppm > 0 else "-") + format_part(abs(ppm)) if ppm else "0%"


def _bounds(row: Row | None) -> str:
    return f"{format_part(row.lower)} to {format_part(row.upper)}" if row else ""


def _room(row: Row | None) -> str:
    if row is None:
        return ""
    room = forecast.headroom(row)
    up = format_part(room.up) if room.up >= 0 else f"{format_part(-room.up)} over"
    return f"{format_part(room.down)} / {up}"


def _others(old: Row | None, new: Row | None) -> str:
    if old is None:
        return "joins"
    if new is None:
        return "leaves"
    changed = [
        name
        for name in ("payee", "lower", "upper", "running", "cost")
        if getattr(old, name) != getattr(new, name)
    ]
    return ", ".join(changed)


def _show_money(decision: "Decision", names: dict[int, str], rows: list[int]) -> None:
    """What each row earns from now on, under both."""
    standing, money = decision.standing, decision.standing.currency
    total = standing.life.total
    at = forecast.levels(standing.terms, total)[:MOST_LEVELS]
    columns = [output.Column("row")]
    for level in at:
        columns += [
            output.Column(f"to {money.format(level, symbol=False)}: now", "right"),
            output.Column("after", "right"),
        ]
    lines = []
    for row in rows:
        cells = [called(names, row)]
        for each in forecast.outlooks(
            standing.terms,
            decision.after,
            row,
            total=total,
            covers=standing.covers,
            value=standing.value[0],
            at=at,
        ):
            cells += [
                money.format(each.before, symbol=False),
                money.format(each.after, symbol=False),
            ]
        lines.append(cells)
    output.line()
    output.line(f"Earned from now on when proceeds reach the amount named, {money.symbol}")
    output.table(columns, lines)


def machine(decision: "Decision") -> dict[str, Any]:
    """A proposal for a program; amounts and shares are integers in base units and ppm."""
    standing = decision.standing
    at = forecast.levels(standing.terms, standing.life.total)
    rows = {row.id for row in (*standing.terms.rows, *decision.after.rows)}
    was = {row.id: row for row in standing.terms.rows}
    becomes = {row.id: row for row in decision.after.rows}
    window = decision.window()
    return {
        "emc": standing.emc,
        "kind": decision.kind.value,
        "epoch": standing.epoch,
        "terms_hash": "0x" + decision.after.hash().hex(),
        "needed": decision.needed,
        "voices": [
            {
                "row": word.voice.row,
                "me": str(word.voice.me),
                "account": word.voice.account,
                "said": word.how,
                "why": word.why,
            }
            for word in decision.words()
        ],
        **({"window": asdict(window)} if window else {}),
        "rows": [
            {
                "row": row,
                "before": list(was[row].shares) if row in was else None,
                "after": list(becomes[row].shares) if row in becomes else None,
                "earned": [
                    {
                        "level": str(each.level),
                        "before": str(each.before),
                        "after": str(each.after),
                    }
                    for each in forecast.outlooks(
                        standing.terms,
                        decision.after,
                        row,
                        total=standing.life.total,
                        covers=standing.covers,
                        value=standing.value[0],
                        at=at,
                    )
                ],
            }
            for row in sorted(rows)
        ],
    }


def show_words(decision: "Decision", names: dict[int, str]) -> None:
    """Who has agreed, and who is missing; what the window to object says."""
    if window := decision.window():
        lines = {
            "opened by": f"row {window.proposer}" if window.opened_at else "nobody yet",
            "objections": f"{len(window.objectors)}, {window.allowed} are allowed",
        }
        if window.opened_at:
            lines["can be submitted"] = left(window.closes_at, decision.standing.now)
            lines["expires"] = moment(window.until)
        talk.facts("The window to object", lines)
    words = decision.words()
    agreed = sum(word.counts for word in words)
    output.line(f"{agreed} of {decision.needed} have agreed", style="bold")
    columns = [output.Column(each) for each in ("row", "account", "said", "")]
    output.table(
        columns,
        [[called(names, word.voice.row), word.voice.account, word.how, word.why] for word in words],
    )


def digest_of(evidence: Path | None) -> bytes:
    """The hash of a file that proves something; zeros without one.

    Raises:
        EMCError: it cannot be read.
    """
    if evidence is None:
        return bytes(32)
    try:
        return bytes(keccak(evidence.read_bytes()))
    except OSError as error:
        raise EMCError(f"{evidence}: {error.strerror}") from None


def moment(timestamp: int) -> str:
    """A time for people."""
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M} UTC"


def left(until: int, now: int) -> str:
    """How long it is until then."""
    if until <= now:
        return "now"
    span = until - now
    # as coarse as a person would say it
    for unit in (86_400, 3_600, 60):
        if span >= 2 * unit:
            span -= span % unit
            break
    return f"in {format_span(span)} ({moment(until)})"


# the commands that every kind of change has


def add_show(group: click.Group, kind: Change) -> None:
    """Add `show`."""

    @group.command(
        "show",
        help=helped(
            "Show what the proposal in FILE changes, before and after.",
            f"emc {COMMANDS[kind]} show {kind.value}.json",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @network_option
    @agreement_option
    @output.json_option
    def show_command(file: Path, network: str, agreement: Path | None, as_json: bool) -> None:
        with opened(network) as (_, system):
            decision = load(system, file, kind)
            if as_json:
                output.print_json(machine(decision))
                return
            names = names_of(decision.standing, agreement)
            show(decision, names)
            output.line()
            show_words(decision, names)


def add_sign(group: click.Group, kind: Change) -> None:
    """Add `sign`."""

    @group.command(
        "sign",
        help=helped(
            "Read your own numbers in FILE and sign; everything is rebuilt from the chain first.",
            f"emc {COMMANDS[kind]} sign {kind.value}.json --account baker",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @account_option
    @network_option
    @agreement_option
    @click.option(
        "--valid", default="30d", show_default=True, help="How long your word counts at most."
    )
    @click.option(
        "--on-chain", is_flag=True, help="Approve by a transaction instead (contract wallets)."
    )
    @click.option("--revoke", is_flag=True, help="Take back what you signed or approved.")
    @yes_option
    def sign_command(
        file: Path,
        account: str,
        network: str,
        agreement: Path | None,
        valid: str,
        on_chain: bool,
        revoke: bool,
        yes: bool,
    ) -> None:
        from emc import decisions

        if on_chain and revoke:
            raise EMCError("--on-chain and --revoke exclude each other", "choose one")
        with opened(network) as (chain, system):
            decision = load(system, file, kind)
            signer = chain.account(account)
            own = decision.voice_of(signer.address).row
            show(decision, names_of(decision.standing, agreement), own)
            until = chain.now + parse_span(valid)
            if revoke:
                talk.confirm("Take back your word on this?", yes)
                decisions.revoke(decision, signer)
                talk.note("taken back")
            elif on_chain:
                talk.confirm(f"Agree as row {own}, by a transaction?", yes)
                decisions.approve(decision, signer, until)
                talk.note("approved on chain")
            else:
                talk.confirm(f"Sign this as row {own}?", yes)
                signature = decision.sign(signer, until)
                # somebody else may have signed the same file meanwhile
                files.write(file, files.read(file).signed(signature))
                talk.note(f"signed in {file}")


def add_submit(group: click.Group, kind: Change) -> None:
    """Add `submit`."""

    @group.command(
        "submit",
        help=helped(
            "Relay the signatures in FILE; says who is missing if they are too few.",
            f"emc {COMMANDS[kind]} submit {kind.value}.json --account leader",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @account_option
    @network_option
    @output.json_option
    def submit_command(file: Path, account: str, network: str, as_json: bool) -> None:
        with opened(network) as (chain, system):
            decision = load(system, file, kind)
            receipt = decision.submit(chain.account(account))
            epoch = int(decision.standing.agreement.contract.epoch())
            if as_json:
                output.print_json(
                    {
                        "emc": decision.standing.emc,
                        "kind": kind.value,
                        "epoch": epoch,
                        "transaction": receipt.txn_hash,
                        "gas": receipt.gas_used,
                    }
                )
            else:
                talk.facts(
                    f"{kind.value.capitalize()} of {decision.standing.emc}",
                    {
                        "epoch": str(epoch),
                        "transaction": receipt.txn_hash,
                        "gas": f"{receipt.gas_used:,}",
                    },
                )


def add_status(group: click.Group, kind: Change) -> None:
    """Add `status`."""

    @group.command(
        "status",
        help=helped(
            "Say who has agreed to the proposal in FILE, and who is missing.",
            f"emc {COMMANDS[kind]} status {kind.value}.json",
        ),
    )
    @click.argument("file", type=click.Path(path_type=Path))
    @network_option
    @agreement_option
    @output.json_option
    def status_command(file: Path, network: str, agreement: Path | None, as_json: bool) -> None:
        with opened(network) as (_, system):
            decision = load(system, file, kind)
            if as_json:
                output.print_json(machine(decision))
            else:
                show_words(decision, names_of(decision.standing, agreement))


def add_all(group: click.Group, kind: Change) -> None:
    """Add `show`, `sign`, `submit` and `status`."""
    for add in (add_show, add_sign, add_submit, add_status):
        add(group, kind)


def helped(text: str, *examples: str) -> str:
    """The help of a command."""
    lines = "\n".join(f"  {each}" for each in examples)
    return f"{text}\n\n\b\nExample:\n{lines}"
