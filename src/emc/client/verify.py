"""Proving that the code at an address is ours, and the terms of an EMC those of a canvas.

Takes nothing from the deployment file: every address follows from the code that is in the package.
Prints nothing and sends nothing.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from eth_utils.address import to_checksum_address

from emc import artifacts
from emc.chain.edge import Chain
from emc.client import runtime, sources, standing
from emc.client.system import System
from emc.core.addresses import PROXY, PROXY_CODE
from emc.core.parts import NAMES, PARTS, STEPS
from emc.core.terms import NATIVE, Row, Terms, emc_address
from emc.core.text import counted
from emc.errors import EMCError
from emc.files import bundle, systems
from emc.files.canvas import Canvas
from emc.files.compile import (
    BeneficiaryParty,
    NodeParty,
    Parties,
    compile_terms,
    placeholder_parties,
)
from emc.files.json_file import leaves
from emc.files.proposal import document_of


@dataclass(frozen=True)
class Check:
    """One thing that was checked."""

    what: str
    is_right: bool
    found: str = ""


@dataclass(frozen=True)
class Verdict:
    """Everything that was checked."""

    address: str
    kind: str
    checks: tuple[Check, ...]

    @property
    def is_ours(self) -> bool:
        return all(check.is_right for check in self.checks)

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "address": self.address,
            "kind": self.kind,
            "verified": self.is_ours,
            "checks": [
                {"what": each.what, "right": each.is_right, "found": each.found}
                for each in self.checks
            ],
        }


def verify(
    chain: Chain, address: str, canvas: Path | None = None, recompile: bool = False
) -> Verdict:
    """Check the code at an address.

    Args:
        canvas: The canvas, or the agreement file, from which the EMC should be made.
        recompile: Compile the sources again instead of trusting the artifacts of the package.

    Raises:
        EMCError: the canvas cannot be read, or was given for what is not an EMC.
    """
    address = to_checksum_address(address)
    code = bytes(chain.provider.get_code(address))
    if not code:
        return Verdict(address, "nothing", (Check("there is code at the address", False),))
    ours = systems.ours()
    implementation = runtime.target_of(code)
    if implementation is None:
        if canvas is not None:
            raise EMCError(f"{address} is not an EMC", "leave out --canvas")
        kind = next((name for name in ours if ours[name] == address), None)
        if kind is not None:
            return Verdict(address, kind, tuple(_system(chain, recompile, _relied_on(kind))))
        copied = next((name for name in ours if code.startswith(runtime.of(name))), None)
        found = f"our {copied} is at {ours[copied]}" if copied else ""
        return Verdict(address, "unknown", (Check("it is one of our contracts", False, found),))
    if implementation != ours["EMC"]:
        maker = systems.maker_of(implementation)
        found = (
            f"it runs {implementation}, which is not our EMC"
            if maker is None
            else f"it was made by version {maker.version}: use that release"
        )
        return Verdict(address, "unknown", (Check("it is a proxy of our EMC", False, found),))
    checks = [Check("it is a proxy of our EMC", True, implementation)]
    checks += _system(chain, recompile, _relied_on("EMC"))
    if all(check.is_right for check in checks):
        checks += _terms(System(chain), address, canvas)
    return Verdict(address, "EMC proxy", tuple(checks))


def verify_system(chain: Chain, recompile: bool = False) -> Verdict:
    """Look at the contracts that all EMCs of a chain share: whether they are those of this
    version, and came to be as their addresses say.
    """
    return Verdict(systems.ours()["System"], "system", tuple(_system(chain, recompile)))


# code


def _system(chain: Chain, recompile: bool, names: Collection[str] = NAMES) -> Iterator[Check]:
    """How contracts came to be, each one's code to the last byte, and its sources."""
    ours = systems.ours()
    proxy = bytes(chain.provider.get_code(PROXY)) == PROXY_CODE
    yield Check("the deployment proxy is the one that everybody uses", proxy, PROXY)
    is_same = systems.computed() == ours
    yield Check("the addresses follow from the code of the package", is_same, systems.version())
    if "System" in names:
        # a contract's nonce begins at 1 and counts what it created
        nonce = chain.provider.web3.eth.get_transaction_count(to_checksum_address(ours["System"]))
        found = f"{max(nonce - 1, 0)} of {len(STEPS)}"
        what = "System created its contracts and nothing else"
        yield Check(what, nonce == 1 + len(STEPS), found)
    for name in names:
        is_right = runtime.is_ours(chain, name, ours)
        found = ours[name] if is_right else f"{ours[name]} runs something else"
        yield Check(f"{name} is our code", is_right, found)
        yield _source(name, recompile)


def _relied_on(name: str) -> list[str]:
    """A contract, whom it was told of and so on, and who created any of them."""
    parts = {part.name: part for part in PARTS}
    found, waiting = set(), [name]
    while waiting:
        part = parts[waiting.pop()]
        if part.name not in found:
            found.add(part.name)
            waiting += [*part.told, *(["System"] if part.step is not None else [])]
    return [each for each in NAMES if each in found]


def _source(name: str, recompile: bool) -> Check:
    artifact = artifacts.load(name)
    if recompile:
        made = sources.compiled(name)
        is_right = all(made[each] == artifact[each] for each in ("runtime", "integrity"))
        return Check(f"{name} is what its source compiles to", is_right, artifact["compiler"])
    is_right = sources.integrity(name) == artifact["integrity"]
    return Check(f"{name} is from the source that is here", is_right, artifact["integrity"])


# terms


def _terms(system: System, emc: str, file: Path | None) -> Iterator[Check]:
    in_force = bytes(system.consent.terms_of(emc))
    consent = str(system.consent.address)
    yield Check("Consent made it", in_force != bytes(32), consent)
    if in_force == bytes(32):
        return
    try:
        epochs = standing.terms_by_epoch(system, emc)
    except EMCError as error:
        yield Check("its terms follow from events", False, str(error))
        return
    now = epochs[max(epochs)]
    yield Check(
        "the terms that its events give are those in force",
        now.hash() == in_force,
        f"epoch {max(epochs)}, 0x{in_force.hex()}",
    )
    first = epochs[min(epochs)]
    accounts = system.accounts_at_birth(emc, first)
    at = emc_address(consent, system.implementation, accounts, first.hash())
    yield Check("its address follows from its nodes' accounts and first terms", at == emc, at)
    if file is not None:
        yield from _from_file(system, emc, epochs, file)


def _from_file(system: System, emc: str, epochs: dict[int, Terms], file: Path) -> Iterator[Check]:
    first = epochs[min(epochs)]
    if file.suffix == ".json":
        agreement = bundle.read(file)
        is_right = agreement.emc == emc and agreement.terms.hash() == first.hash()
        yield Check("its first terms are those of the agreement file", is_right, agreement.emc)
        return
    from emc.files import canvas as canvases

    whole = canvases.load(file, now=first.starts_at)
    # the epoch that brought it; renegotiations since are inside the bounds that it sets
    epoch = next((each for each in sorted(epochs) if epochs[each].canvas == whole.hash()), None)
    found = "" if epoch is None else f", since epoch {epoch}"
    yield Check("its terms name this canvas", epoch is not None, f"0x{whole.hash().hex()}{found}")
    if epoch is not None:
        yield _compiled(system.chain.id, whole, epochs[epoch])


def _compiled(chain_id: int, canvas: Canvas, terms: Terms) -> Check:
    """Whether a canvas, with the parties that signed, compiles to terms."""
    what = "this canvas compiles to its terms"
    try:
        parties = _parties(chain_id, canvas, terms)
        ours = compile_terms(canvas, parties, now=terms.starts_at, nonce=terms.nonce)
    except EMCError as error:
        return Check(what, False, str(error))
    # ids of rows go on counting when nodes come and go
    ids = [row.id for row in terms.rows]
    rows = tuple(replace(row, id=each) for row, each in zip(ours.rows, ids, strict=True))
    ours = replace(ours, rows=rows, sink=ids[ours.sink])
    if ours.hash() == terms.hash():
        return Check(what, True, "0x" + terms.hash().hex())
    was, is_ = (dict(leaves(document_of(each))) for each in (terms, ours))
    other = [name for name in was if was[name] != is_.get(name)]
    return Check(what, False, "these differ: " + ", ".join(other[:8]))


def _parties(chain_id: int, canvas: Canvas, terms: Terms) -> Parties:
    """Who the nodes and beneficiaries of a canvas are, by the table that they signed."""
    blank = compile_terms(
        canvas, placeholder_parties(canvas), now=terms.starts_at, nonce=terms.nonce
    )
    keys = [node.key for node in canvas.nodes]
    left = [row for row in terms.rows if row.is_node]
    others = [row for row in terms.rows if not row.is_node]
    if (len(left), len(others)) != (len(keys), len(canvas.beneficiaries)):
        raise EMCError(
            f"the canvas has {counted(len(keys), 'node')} and "
            f"{counted(len(canvas.beneficiaries), 'beneficiary', 'beneficiaries')}, "
            f"the terms {len(left)} and {len(others)}"
        )
    nodes: dict[str, NodeParty] = {}
    # the leader is first on both sides; of the others, whose row says the same
    for place, (key, wanted) in enumerate(zip(keys, blank.nodes, strict=True)):
        among = left[:1] if place == 0 else left
        row = next((each for each in among if _deal(each) == _deal(wanted)), None)
        if row is None:
            raise EMCError(f"no row of the terms has the shares, bounds and costs of nodes.{key}")
        left.remove(row)
        nodes[key] = NodeParty(me=int(row.party), payee=row.payee)
    bar = terms.bar
    return Parties(
        chain_id=chain_id,
        currency="native" if terms.currency == NATIVE else terms.currency,
        backstop=terms.backstop,
        nodes=nodes,
        beneficiaries={
            each.key: BeneficiaryParty(controller=str(row.party), payee=row.payee)
            for each, row in zip(canvas.beneficiaries, others, strict=True)
        },
        assessor=None if terms.assessment.assessor == NATIVE else terms.assessment.assessor,
        registry=None if bar.registry == NATIVE else bar.registry,
        bar_currency=_bar_currency(canvas, terms),
    )


def _bar_currency(canvas: Canvas, terms: Terms) -> str | None:
    bar = canvas.rules.bar
    if bar is None or bar.currency is None:
        return None
    return "native" if terms.bar.currency == NATIVE else terms.bar.currency


def _deal(row: Row) -> tuple[object, ...]:
    """What a row says, apart from who it is."""
    return (row.running, row.cost, row.shares, row.lower, row.upper)
