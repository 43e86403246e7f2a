"""Each kind of decision, and what it takes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from emc.audit.prove import eip712, signed
from emc.audit.prove.calls import Calls
from emc.audit.prove.court import CHARGE_LIFE, Court, is_quorum, touches
from emc.audit.prove.history import Happened
from emc.audit.prove.signed import PPM, Terms
from emc.audit.read import abi


async def _made(court: Court, event: Happened) -> None:
    """The EMC is where its terms and its nodes' accounts put it, and every node has agreed."""
    court.epoch = 1
    terms = court.epochs[1].terms
    accounts = [court.account(row.party, event) for row in terms.nodes]
    at = court.known.emc_at(accounts, terms.hash)
    if at != court.emc:
        court.faults.add(event, "address", court.emc, at)

    def fits(call: Mapping[str, Any]) -> bool:
        return signed.from_event(call["terms"], call["rows"]) == terms

    calls = await court.calls("Consent", "make", event, fits)
    agreeing = await _agreeing(court, event, "formation", 1, calls, "Consent")
    court.counted[1] = len(terms.nodes), len(agreeing)
    for row, account in zip(terms.nodes, accounts, strict=True):
        if row.id not in agreeing:
            expected = f"of {account}"
            court.lacking(calls, event, "signature", "none that is good", expected, row.id)


async def _agreeing(
    court: Court, event: Happened, act: str, number: int, calls: Calls, room: str = "Changes"
) -> set[int]:
    """Which nodes agree to terms that they are in, by signature or approval."""
    terms = court.epochs[number].terms
    matter = court.matter(keccak(text=act), court.emc, number, terms.hash)
    rows = {row.id: row for row in terms.nodes}
    return await court.agreeing(
        room, "Agreement", event, matter, calls.signed, terms.members,
        lambda row_id: eip712.agreement(act, number, terms, rows[row_id]),
    )  # fmt: skip


async def _renegotiated(court: Court, event: Happened) -> None:
    """The quorum, the interval, and in a window no more objections than allowed."""
    number = event.number("epoch")
    before, epoch = court.epochs.get(number - 1), court.epochs.get(number)
    if before is None or epoch is None:
        return
    old, new, now = before.terms, epoch.terms, court.now(event)
    court.epoch = number
    calls = await court.calls(
        "Changes",
        "renegotiate",
        event,
        lambda call: call["emc"] == court.emc and list(call["shares"]) == _shares(new),
    )
    nodes = new.nodes
    agreeing = await _agreeing(court, event, "renegotiation", number, calls)
    court.counted[number] = len(nodes), len(agreeing)
    if not is_quorum(len(agreeing), old["renegotiation.quorum"], len(nodes)):
        least = -(-old["renegotiation.quorum"] * len(nodes) // PPM)
        court.lacking(calls, event, "nodes that agree", len(agreeing), f"at least {least}")
    since = court.renegotiated_at
    if since and now < since + old["renegotiation.interval"]:
        court.faults.add(event, "time", now, f"from {since + old['renegotiation.interval']} on")
    court.renegotiated_at = now
    if new.hash == old.hash:
        court.faults.add(event, "change", "none", "other shares")
    for row, was in zip(new.rows, old.rows, strict=True):
        for share, had in zip(row.shares, was.shares, strict=True):
            most = max(row.upper, had) if row.id == old["sink"] else row.upper
            if not row.lower <= share <= most:
                court.faults.add(event, "share", share, f"from {row.lower} to {most}", row.id)
    if old["renegotiation.window"]:
        _check_window(court, event, old, number, new)


def _check_window(court: Court, event: Happened, old: Terms, number: int, new: Terms) -> None:
    now, matter = court.now(event), court.renegotiation(number, new.hash)
    if matter not in court.proposals:
        court.faults.add(event, "proposal", "none of these shares", "one that was opened")
        return
    opened_at, until = court.proposals[matter]
    closes_at = opened_at + old["renegotiation.window"]
    if not closes_at <= now <= until:
        court.faults.add(event, "time", now, f"from {closes_at} to {until}")
    nodes = old.nodes
    against = sum(
        0 < court.objected[matter, court.account(row.party, event)] < closes_at for row in nodes
    )
    if against * PPM > old["renegotiation.objections"] * len(nodes):
        most = old["renegotiation.objections"] * len(nodes) // PPM
        court.faults.add(event, "objections", against, f"at most {most}")


async def _amended(court: Court, event: Happened) -> None:
    """Every node, old and new, and each former node whose held money it touches."""
    number = event.number("epoch")
    before, epoch = court.epochs.get(number - 1), court.epochs.get(number)
    if before is None or epoch is None:
        return
    old, new = before.terms, epoch.terms
    court.epoch = number
    calls = await court.calls(
        "Changes",
        "amend",
        event,
        lambda call: (
            call["emc"] == court.emc
            and signed.from_event(call["new_terms"], call["new_rows"]) == new
        ),
    )
    leaving = {row_id: me for row_id, me in old.members.items() if new.row(row_id) is None}
    if touches(old, new):
        leaving |= court.waiting(event)
    matter = court.matter(keccak(text="amendment"), court.emc, number, new.hash)
    agreeing = await _agreeing(court, event, "amendment", number, calls)
    agreeing |= await court.agreeing(
        "Changes", "Departure", event, matter, calls.signed, leaving,
        lambda _: eip712.departure(number, new),
    )  # fmt: skip
    asked = [*(row.id for row in new.nodes), *leaving]
    court.counted[number] = len(asked), len(agreeing)
    for row_id in asked:
        if row_id not in agreeing:
            court.lacking(calls, event, "signature", "none that is good", "the row's", row_id)


async def _exited(court: Court, event: Happened) -> None:
    """Notice was given and is over."""
    number, row_id = event.number("epoch"), event.number("row")
    before = court.epochs.get(number - 1)
    if before is None:
        return
    court.epoch = number
    given_at = court.notices.get(row_id, 0)
    over_at = given_at + before.terms["leaving.notice"]
    if not given_at or court.now(event) < over_at:
        expected = f"from {over_at} on" if given_at else "after a notice"
        court.faults.add(event, "time", court.now(event), expected, row_id)
    court.counted[number] = 1, int(bool(given_at))


async def _expelled(court: Court, event: Happened) -> None:
    """A charge, its cure period, and enough of the others."""
    number, row_id, clause = event.number("epoch"), event.number("row"), event.args["clause"]
    before = court.epochs.get(number - 1)
    if before is None:
        return
    old, now = before.terms, court.now(event)
    court.epoch = number
    charge = court.charges.get((row_id, clause))
    if charge is None:
        court.faults.add(event, "charge", "none of this clause", "one that stands", row_id)
        return
    at = charge.at
    cured_by = at + old["leaving.cure"]
    if not cured_by <= now < cured_by + CHARGE_LIFE:
        court.faults.add(event, "time", now, f"from {cured_by} to {cured_by + CHARGE_LIFE}", row_id)
    calls = await court.calls(
        "Conduct",
        "expel",
        event,
        lambda call: (
            (call["emc"], call["row"]) == (court.emc, row_id)
            and "0x" + call["clause"].hex() == clause
        ),
    )
    clause_hash = bytes.fromhex(clause[2:])
    matter = court.matter(court.emc, row_id, clause_hash, at)
    others = {other: me for other, me in old.members.items() if other != row_id}
    values: eip712.Values = {
        "epoch": number - 1,
        "accused": row_id,
        "charged": at,
        "clause": clause_hash,
    }
    count = len(
        await court.agreeing(
            "Conduct", "Expulsion", event, matter, calls.signed, others, lambda _: values
        )
    )
    court.counted[number] = len(others), count
    if count < 2 or not is_quorum(count, old["leaving.expulsion"], len(others)):
        least = max(2, -(-old["leaving.expulsion"] * len(others) // PPM))
        court.lacking(calls, event, "votes to expel", count, f"at least {least}", row_id)


async def _disbanded(court: Court, event: Happened) -> None:
    """Every node and who waits for money; or, after a miss, as many as it takes."""
    terms, epoch = court.terms, court.epoch
    calls = await court.calls(
        "Conduct", "disband", event, lambda call: bool(call["emc"] == court.emc)
    )
    nodes, waiting = terms.members, court.waiting(event)
    values: eip712.Values = {
        "epoch": epoch,
        "currency": terms.at("currency"),
        "backstop": terms.at("backstop"),
    }
    agreeing = await court.agreeing(
        "Conduct", "Disbanding", event, court.matter(court.emc, epoch), calls.signed,
        nodes | waiting, lambda _: values,
    )  # fmt: skip
    if agreeing >= set(nodes | waiting):
        return
    if not court.is_missed(event):
        court.lacking(
            calls,
            event,
            "agreement",
            f"rows {sorted(agreeing)}",
            f"rows {sorted(nodes | waiting)}",
        )
        return
    before = court.life.before(event.place)
    count = len(agreeing & set(nodes))
    part = terms["renegotiation.quorum"] if before and before.is_open else 1
    if not is_quorum(count, part, len(nodes)):
        court.lacking(calls, event, "nodes that agree", count, f"the quorum of {len(nodes)}")


async def _finalised(court: Court, event: Happened) -> None:
    """The value was open, and its window over or every node agreed."""
    metric, submitter, terms = event.word("metric"), event.number("submitter"), court.terms
    value = court.values.pop((metric, submitter), None)
    court.finals[metric] = event.number("amount")
    found = event.number("amount"), event.number("measured_at")
    if value is None or (value.amount, value.measured_at) != found:
        court.faults.add(event, "value", found, "one that was submitted and is open")
        return
    asked = [each.metric for each in terms.measures if not each.is_proceeds]
    if metric not in asked:
        court.faults.add(event, "metric", metric, asked)
    if court.now(event) >= value.final_at:
        return
    calls = await court.calls(
        "Goals",
        "finalise",
        event,
        lambda call: (
            (call["emc"], call["submitter"]) == (court.emc, submitter)
            and int.from_bytes(call["metric"], "big") == metric
        ),
    )
    evidence = bytes.fromhex(value.evidence[2:])
    matter = court.matter(
        court.emc,
        metric,
        submitter,
        value.amount,
        value.measured_at,
        value.final_at,
        evidence,
        value.account,
        int(value.is_late),
    )
    values: eip712.Values = {
        "epoch": court.epoch,
        # what EIP-712 encodes of a string is its hash
        "metric": metric.to_bytes(32, "big"),
        "value": value.amount,
        "measured": value.measured_at,
        "evidence": evidence,
    }
    agreeing = await court.agreeing(
        "Goals", "Assessment", event, matter, calls.signed, terms.members, lambda _: values
    )
    for row_id, me in terms.members.items():
        account = court.account(me, event)
        if row_id not in agreeing and account != value.account:
            expected = f"of {account}, the window is open"
            court.lacking(calls, event, "agreement", "none", expected, row_id)


def check_redirections(court: Court, events: Sequence[Happened]) -> None:
    """A row's payee was changed by its controller."""
    for event in events:
        row = court.life.parties.get(event.number("row"))
        sent = court.transactions[event.tx]
        if row is None:
            continue
        controller = court.account(row.party, event) if row.is_node else abi.address(row.party)
        sender = abi.address(int(sent.sender, 16))
        if (sent.to or "").lower() != court.known.conduct.lower():
            court.unproven.append((f"block {event.block}: who called Conduct by {sent.to}", False))
        elif sender != controller:
            court.faults.add(event, "caller", sender, controller, row.id)


def _shares(terms: Terms) -> list[int]:
    return [row.pay & signed.SHARES for row in terms.rows]


CHECKS: dict[str, Callable[[Court, Happened], Awaitable[None]]] = {
    "Made": _made,
    "Renegotiated": _renegotiated,
    "Amended": _amended,
    "Exited": _exited,
    "Expelled": _expelled,
    "Disbanded": _disbanded,
    "Finalised": _finalised,
}
