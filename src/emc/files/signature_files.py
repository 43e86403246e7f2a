"""Any file that collects signatures, and how those of several files come together.

Files are merged only if they ask for the same; whatever else is in them is left out, with the
reason.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from emc.core import typed_data
from emc.core.text import printable, shown
from emc.errors import EMCError
from emc.files import bundle as agreements
from emc.files import json_file, proposal
from emc.files.bundle import Bundle, Signature
from emc.files.proposal import Proposal
from emc.files.whole import replace_file

MOST_FILES = 1000
# of a signature that is not by its account's own key
UNTOLD = "not by its account's key: only the chain can tell whether it is a wallet that agrees"
Paper = Bundle | Proposal


@dataclass
class Gathered:
    """What came of merging.

    Args:
        paper: The first file, with every signature that fits.
        sources: The file that each row's signature is from.
        refused: What is not in it: file and reason.
        unchecked: Rows whose signature only the chain can judge.
    """

    paper: Paper
    sources: dict[int, Path] = field(default_factory=dict)
    refused: list[tuple[Path, str]] = field(default_factory=list)
    unchecked: list[int] = field(default_factory=list)


def read(path: Path) -> Paper:
    """The agreement or the proposal in a file, every hash in it recomputed.

    Raises:
        EMCError: neither, or its parts do not fit together; names the field.
    """
    return parsed(json_file.load(path, "an agreement or proposal file"), printable(str(path)))


def parsed(raw: Any, name: str) -> Paper:
    """Like ``read``, from what the file holds.

    Args:
        name: Of the file, for messages.
    """
    named = raw.get("format") if isinstance(raw, dict) else None
    if named == agreements.FORMAT:
        return agreements.parsed(raw, name)
    if named == proposal.FORMAT:
        return proposal.parsed(raw, name)
    raise EMCError(
        f"{name}: format {shown(str(named))} is neither {agreements.FORMAT!r} nor "
        f"{proposal.FORMAT!r}",
        "name a file that `emc deploy` or `emc ... propose` wrote",
    )


def write(path: Path, paper: Paper) -> None:
    """Write it, whole or not at all."""
    replace_file(path, json_file.sealed(paper.document))


def with_signatures(paper: Paper, signatures: tuple[Signature, ...]) -> Paper:
    """The same with these signatures alone."""
    return replace(paper, signatures=signatures)


def difference(one: Paper, other: Paper) -> str:
    """In what two files ask for different things; empty if they ask for the same."""
    if type(one) is not type(other):
        return "an agreement and a proposal"
    for name, asked in one.asks.items():
        if other.asks[name] != asked:
            return "other accounts" if name == "accounts" else f"another {name}"
    return ""


def gather(paths: Iterable[Path], now: int | None = None) -> Gathered:
    """Merge files that ask for the same.

    Args:
        now: Unix time after which a signature must still count; none: what it is here.

    Raises:
        EMCError: there is none, or the first cannot be read.
    """
    every = list(paths)
    now = int(time.time()) if now is None else now
    if not every:
        raise EMCError("there is nothing to collect", "name files, or a folder with *.json in it")
    if len(every) > MOST_FILES:
        raise EMCError(f"{len(every)} files are more than {MOST_FILES}", "name fewer")
    found: Gathered | None = None
    refused: list[tuple[Path, str]] = []
    for path in every:
        try:
            paper = read(path)
        except EMCError as error:
            refused.append((path, str(error)))
            continue
        if found is None:
            found = Gathered(replace(paper, signatures=()))
        if other := difference(found.paper, paper):
            refused.append((path, f"asks for something else: {other}"))
            continue
        for signature in paper.signatures:
            if reason := _take(found, path, signature, now):
                refused.append((path, f"row {signature.index}: {reason}"))
    if found is None:
        raise EMCError(f"none can be used: {refused[0][1]}", "name files that nodes have signed")
    found.refused = refused
    return found


def fault(paper: Paper, signature: Signature, now: int) -> str | None:
    """Why a signature cannot count, as far as the file alone tells; none if only the chain can.

    An empty text says that it is its signer's own on exactly this.

    Args:
        now: Unix time.
    """
    if signature.deadline < now:
        return "its signature has expired"
    if isinstance(paper, Proposal):
        return None
    row = paper.nodes.get(signature.index)
    if row is None:
        return "is no node of this agreement"
    message = paper.message(row, signature.signer, signature.deadline, signature.nonce)
    is_own = not typed_data.fault(message, signature.data, signature.signer)
    # a contract wallet answers by itself
    return "" if is_own else None


def missing(paper: Bundle, now: int) -> dict[int, str]:
    """The nodes that have not agreed as far as the file alone tells, and why not.

    Args:
        now: Unix time.
    """
    told = {each.index: fault(paper, each, now) for each in paper.signatures}
    said = {row.id: told.get(row.id, "missing") for row in paper.terms.nodes}
    return {row: UNTOLD if why is None else why for row, why in said.items() if why != ""}


def _take(found: Gathered, path: Path, signature: Signature, now: int) -> str:
    """Add a signature; why not, if it is not added."""
    reason = fault(found.paper, signature, now)
    if reason:
        return reason
    before = {each.index: each for each in found.paper.signatures}.get(signature.index)
    if before == signature:
        return ""
    if before is not None:
        if before.signer.lower() != signature.signer.lower():
            return f"signed by {signature.signer}, and by {before.signer} in another file"
        age = (signature.nonce, signature.deadline)
        if age == (before.nonce, before.deadline):
            return "signed twice with other data; the first is kept"
        if age < (before.nonce, before.deadline):
            return "an earlier signature of the same account; the later one is kept"
        found.unchecked = [row for row in found.unchecked if row != signature.index]
    found.paper = found.paper.signed(signature)
    found.sources[signature.index] = path
    if reason is None:
        found.unchecked.append(signature.index)
    return ""
