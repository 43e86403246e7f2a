"""emc inspect: what a file would do to whom, in plain words, before anybody signs it."""

import time
from pathlib import Path
from typing import Any

import click

from emc import clear_signing
from emc.cli.shared import agreement_view, naming, options, output, proposal_view, sessions, talk
from emc.cli.shared.proposal_view import Reader
from emc.core.text import printable
from emc.errors import EMCError
from emc.files import agreements, bundle, json_file, proposal, signature_files
from emc.files.bundle import Bundle
from emc.files.proposal import Amendment, Proposal


@click.command("inspect")
@click.argument("file", type=options.FILE)
@options.network(None, "Also check with the chain of this network what the file alone cannot show.")
@options.agreement
@output.json_option
def command(file: Path, network: str | None, agreement: Path | None, as_json: bool) -> None:
    """Explain FILE: an agreement, a proposal, or typed data for a wallet to sign.

    Every hash in the file is recomputed first, and an altered file is refused with the name of the
    field. Without --network no chain is used, and the output says what could not be checked.

    \b
    Examples:
      emc inspect breakfast-box.agreement.json
      emc inspect autumn.json --network ethereum:sepolia --agreement my.agreement.json
    """
    raw = json_file.load(file, "an agreement, proposal or typed data file")
    name = printable(str(file))
    if isinstance(raw, dict) and "primaryType" in raw:
        _typed_data(raw, name, as_json)
        return
    paper = signature_files.parsed(raw, name)
    if isinstance(paper, Bundle):
        _agreement(file, paper, network, as_json)
    else:
        _proposal(file, paper, network, agreement, as_json)


def _agreement(file: Path, paper: Bundle, network: str | None, as_json: bool) -> None:
    checked = ["canvas, terms hash and address of the EMC were recomputed and fit the file"]
    unchecked: list[str] = []
    unsaid = signature_files.missing(paper, int(time.time()))
    said, moved = {row.id: unsaid.get(row.id, "signed") for row in paper.terms.nodes}, []
    stage = ""
    if network is None:
        unchecked = [
            "whether the accounts are those of the MEs now, and have not revoked",
            "whether Consent takes these terms, and the token has the decimals of the canvas",
            "how far the EMC is",
        ]
    else:
        from emc.client.agreement import NOT_MADE

        with sessions.opened(network, None, file) as session:
            formation, stage = session.formation(paper), session.system.stage(paper)
            if stage == NOT_MADE:
                formation.check(may_move=True)
                moved = formation.moved
                said = {
                    each.voter.row: each.how if each.counts else each.why or each.how
                    for each in formation.answers()
                }
                checked.append("the chain takes these terms, and was asked who has agreed")
            else:
                said = dict.fromkeys((row.id for row in paper.terms.nodes), "agreed")
                checked.append("the EMC was made with these terms: every node has agreed")
                if not session.system.is_in_force(paper):
                    unchecked.append(
                        "what is in force: the EMC has other terms by now, see `emc status`"
                    )
    if as_json:
        output.print_json(
            {
                **agreement_view.machine(paper, said),
                "stage": stage or None,
                "moved": [{"row": row, "was": old, "is": new} for row, old, new in moved],
                "checked": checked,
                "unchecked": unchecked,
            }
        )
        return
    agreement_view.explain(paper, said, stage)
    _show_moved(paper, moved)
    _show_checks(checked, unchecked)


def _show_moved(paper: Bundle, moved: list[tuple[int, str, str]]) -> None:
    """Whose account changed, which voids the file."""
    if not moved:
        return
    output.line()
    output.line("It cannot be made any more, and is to be drawn up again", style="bold")
    for row, old, new in moved:
        output.line(f"  row {row} {paper.labels[row].name} has another account")
        output.pairs([("  was", old), ("  is", new)])


def _proposal(
    file: Path, paper: Proposal, network: str | None, agreement: Path | None, as_json: bool
) -> None:
    if network is not None:
        with sessions.opened(network, None, file) as session:
            decision = session.decision(paper)
            reader = Reader(naming.paper_of(decision.standing, agreement))
            proposal_view.tell(decision, reader, as_json)
            if as_json:
                return
            _show_checks(["the terms in force were read from the chain, the change gives the hash"])
            return
    now = int(time.time())
    checked, unchecked = [], ["who has a voice, who of them counts, and what changes in money"]
    beside = _agreement_of(paper, agreement)
    # it knows the first epoch only
    terms = beside.terms if beside is not None and paper.epoch == 1 else None
    if terms is not None:
        paper.terms_after(terms)
        checked.append("the change gives the terms hash on the terms of the agreement file")
    elif isinstance(paper.change, Amendment):
        paper.check(proposal.terms_of(paper.change.terms))
        checked.append("the new terms give the terms hash")
    else:
        unchecked.append("the terms hash: it needs the terms in force (--network or --agreement)")
    if as_json:
        both = proposal_view.offline(paper, terms, beside)
        output.print_json(
            {
                "kind": paper.kind.value,
                "emc": paper.emc,
                "chain_id": paper.chain_id,
                "epoch": paper.epoch,
                "terms_hash": "0x" + paper.terms_hash.hex(),
                "change": paper.change.model_dump(mode="json"),
                "signed": [each.index for each in paper.signatures if each.deadline >= now],
                "expired": [each.index for each in paper.signatures if each.deadline < now],
                **(proposal_view.machine_offline(*both) if both is not None else {}),
                "checked": checked,
                "unchecked": unchecked,
            }
        )
        return
    proposal_view.explain(paper, terms, beside)
    for each in paper.signatures:
        if each.deadline < now:
            talk.note(f"row {each.index}: its signature has expired, and counts as missing")
    _show_checks(checked, unchecked)


def _agreement_of(paper: Proposal, agreement: Path | None) -> Bundle | None:
    """The agreement of the EMC that a proposal is about: the file named, else what is remembered.

    Raises:
        EMCError: the file is another's.
    """
    if agreement is None:
        return agreements.known(paper.chain_id, paper.emc)
    file = bundle.read(agreement)
    if file.emc.lower() != paper.emc.lower():
        raise EMCError(f"{agreement} is not the agreement of {paper.emc}", "leave out --agreement")
    return file


def _typed_data(raw: dict[str, Any], name: str, as_json: bool) -> None:
    from emc.core import typed_data

    try:
        lines = clear_signing.show(raw)
        found = typed_data.hashes(raw)
    except EMCError:
        raise
    except Exception:
        raise EMCError(f"{name}: not typed data that a wallet could sign", "refuse it") from None
    if as_json:
        output.print_json(
            {
                "kind": raw["primaryType"],
                "fields": {each.label: each.value for each in lines},
                "domain_hash": found.domain,
                "message_hash": found.message,
                "digest": found.digest,
            }
        )
        return
    domain = raw["domain"]
    talk.facts(
        f"{raw['primaryType']} for {domain.get('name')} on chain {domain.get('chainId')}",
        [
            *((each.label, each.value) for each in lines),
            ("counted by", str(domain.get("verifyingContract"))),
            ("domain hash", found.domain),
            ("message hash", found.message),
            ("digest that is signed", found.digest),
        ],
    )
    _show_checks([], ["whether that contract is ours, and the EMC has such terms"])


def _show_checks(checked: list[str], unchecked: list[str] | None = None) -> None:
    output.line()
    for text in checked:
        output.line(f"checked: {text}")
    for text in unchecked or []:
        output.line(f"not checked: {text}")
