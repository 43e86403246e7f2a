"""Each kind of decision, and what it takes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from eth_utils.crypto import keccak

from emc.audit.prove import eip712, signed
from emc.audit.prove.calls import Calls
from emc.audit.prove.court import CHARGE_LIFE, Court, is_quorum, touches
from emc.audit.prove.history import Happened
from emc.audit.prove.signed import PPM, Row, Terms
from emc.audit.read import abi

Given = dict[int, list[dict[str, Any]]]


async def _made(court: Court, event: Happened) -> None:
    """The EMC is where its terms and its nodes' accounts put it, and every node has agreed."""
    court.epoch = 1
    terms = court.epochs[1].terms
    accounts = [court.account(row.party, event) for row in terms.nodes]
    at = court.known.emc_at(accounts, terms.hash)
    if at != court.emc:
        court.fault(event, "address", court.emc, at)
    agreeing, calls = await _formation(court, event)
    court.counted[1] = len(terms.nodes), len(agreeing)
    for row, account in zip(terms.nodes, accounts, strict=True):
        if row.id not in agreeing:
            expected = f"of {account}"
            court.lacking(calls, event, "signature", "none that is good", expected, row.id)


async def _formation(court: Court, event: Happened) -> tuple[set[int], Calls]:
    """Rows that agreed to the first terms, by signature or approval, and where was looked."""
    terms = court.epochs[1].terms

    def fits(call: Mapping[str, Any]) -> bool:
        return signed.from_event(call["terms"], call["rows"]) == terms

    calls = await court.calls("Consent", "make", event, fits)
    agreeing = await _agreeing(
        court, event, "formation", 1, terms, terms.nodes, calls.signed, "Consent"
    )
    return agreeing, calls


async def _agreeing(
    court: Court,
    event: Happened,
    act: str,
    number: int,
    terms: Terms,
    rows: Sequence[Row],
    given: Given,
    room: str = "Changes",
) -> set[int]:
    """Which nodes agree to terms that they are in, by signature or approval."""
    matter = court.matter(keccak(text=act), court.emc, number, terms.hash)
    found = set()
    for row in rows:
        account = court.account(row.party, event)
        if row.id in given:
            values = eip712.agreement(act, court.emc, number, terms, row)
            if await court.is_any_word(room, event, "Agreement", values, account, given[row.id]):
                found.add(row.id)
                continue
        if court.has_approved(room, matter, row.id, account, event):
            found.add(row.id)
    return found


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
    agreeing = await _agreeing(court, event, "renegotiation", number, new, nodes, calls.signed)
    court.counted[number] = len(nodes), len(agreeing)
    if not is_quorum(len(agreeing), old["renegotiation.quorum"], len(nodes)):
        least = -(-old["renegotiation.quorum"] * len(nodes) // PPM)
        court.lacking(calls, event, "nodes that agree", len(agreeing), f"at least {least}")
    since = court.renegotiated_at
    if since and now < since + old["renegotiation.interval"]:
        court.fault(event, "time", now, f"from {since + old['renegotiation.interval']} on")
    court.renegotiated_at = now
    if new.hash == old.hash:
        court.fault(event, "change", "none", "other shares")
    for row, was in zip(new.rows, old.rows, strict=True):
        for share, had in zip(row.shares, was.shares, strict=True):
            most = max(row.upper, had) if row.id == old["sink"] else row.upper
            if not row.lower <= share <= most:
                court.fault(event, "share", share, f"from {row.lower} to {most}", row.id)
    if old["renegotiation.window"]:
        _check_window(court, event, old, number, new)


def _check_window(court: Court, event: Happened, old: Terms, number: int, new: Terms) -> None:
    now, matter = court.now(event), court.renegotiation(number, new.hash)
    if matter not in court.proposals:
        court.fault(event, "proposal", "none of these shares", "one that was opened")
        return
    opened_at, until = court.proposals[matter]
    closes_at = opened_at + old["renegotiation.window"]
    if not closes_at <= now <= until:
        court.fault(event, "time", now, f"from {closes_at} to {until}")
    nodes = old.nodes
    against = sum(
        0 < court.objected[matter, court.account(row.party, event)] < closes_at for row in nodes
    )
    if against * PPM > old["renegotiation.objections"] * len(nodes):
        most = old["renegotiation.objections"] * len(nodes) // PPM
        court.fault(event, "objections", against, f"at most {most}")


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
    given = calls.signed
    agreeing = await _agreeing(court, event, "amendment", number, new, new.nodes, given)
    staying = {row.id for row in new.rows}
    leaving = {row.id: row.party for row in old.nodes if row.id not in staying}
    if touches(old, new):
        leaving |= court.waiting(event)
    matter = court.matter(keccak(text="amendment"), court.emc, number, new.hash)
    for row_id, me in leaving.items():
        account = court.account(me, event)
        if row_id in given:
            values = eip712.departure(court.emc, number, new, row_id, me)
            if await court.is_any_word(
                "Changes", event, "Departure", values, account, given[row_id]
            ):
                agreeing.add(row_id)
                continue
        if court.has_approved("Changes", matter, row_id, account, event):
            agreeing.add(row_id)
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
        court.fault(event, "time", court.now(event), expected, row_id)
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
        court.fault(event, "charge", "none of this clause", "one that stands", row_id)
        return
    at = charge.at
    cured_by = at + old["leaving.cure"]
    if not cured_by <= now < cured_by + CHARGE_LIFE:
        court.fault(event, "time", now, f"from {cured_by} to {cured_by + CHARGE_LIFE}", row_id)
    calls = await court.calls(
        "Conduct",
        "expel",
        event,
        lambda call: (
            (call["emc"], call["row"]) == (court.emc, row_id)
            and "0x" + call["clause"].hex() == clause
        ),
    )
    given = calls.signed
    clause_hash = bytes.fromhex(clause[2:])
    matter = court.matter(court.emc, row_id, clause_hash, at)
    others = [row for row in old.nodes if row.id != row_id]
    count = 0
    for row in others:
        account = court.account(row.party, event)
        if row.id in given:
            values: dict[str, int | str | bytes] = {
                "emc": court.emc,
                "epoch": number - 1,
                "accused": row_id,
                "charged": at,
                "clause": clause_hash,
                "row": row.id,
                "me": row.party,
            }
            if await court.is_any_word(
                "Conduct", event, "Expulsion", values, account, given[row.id]
            ):
                count += 1
                continue
        count += court.has_approved("Conduct", matter, row.id, account, event)
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
    given = calls.signed
    matter = court.matter(court.emc, epoch)
    waiting = court.waiting(event)
    nodes = {row.id: row.party for row in terms.nodes}
    agreeing = set()
    for row_id, me in (nodes | waiting).items():
        account = court.account(me, event)
        if row_id in given:
            values: dict[str, int | str | bytes] = {
                "emc": court.emc,
                "epoch": epoch,
                "row": row_id,
                "me": me,
                "currency": terms.at("currency"),
                "backstop": terms.at("backstop"),
            }
            if await court.is_any_word(
                "Conduct", event, "Disbanding", values, account, given[row_id]
            ):
                agreeing.add(row_id)
                continue
        if court.has_approved("Conduct", matter, row_id, account, event):
            agreeing.add(row_id)
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
    before = [each for each in court.life.balances if (each.block, each.log_index) < event.place]
    count = len(agreeing & set(nodes))
    part = terms["renegotiation.quorum"] if before and before[-1].is_open else 1
    if not is_quorum(count, part, len(nodes)):
        court.lacking(calls, event, "nodes that agree", count, f"the quorum of {len(nodes)}")


async def _finalised(court: Court, event: Happened) -> None:
    """The value was open, and its window over or every node agreed."""
    metric, submitter, terms = event.word("metric"), event.number("submitter"), court.terms
    value = court.values.pop((metric, submitter), None)
    court.finals[metric] = event.number("amount")
    found = event.number("amount"), event.number("measured_at")
    if value is None or (value.amount, value.measured_at) != found:
        court.fault(event, "value", found, "one that was submitted and is open")
        return
    asked = [each.metric for each in terms.measures if not each.is_proceeds]
    if metric not in asked:
        court.fault(event, "metric", metric, asked)
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
    given = calls.signed
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
    for row in terms.nodes:
        account = court.account(row.party, event)
        if row.id in given:
            values: dict[str, int | str | bytes] = {
                "emc": court.emc,
                "epoch": court.epoch,
                # what EIP-712 encodes of a string is its hash
                "metric": metric.to_bytes(32, "big"),
                "value": value.amount,
                "measured": value.measured_at,
                "evidence": evidence,
                "row": row.id,
                "me": row.party,
            }
            if await court.is_any_word(
                "Goals", event, "Assessment", values, account, given[row.id]
            ):
                continue
        if account != value.account and not court.has_approved(
            "Goals", matter, row.id, account, event
        ):
            expected = f"of {account}, the window is open"
            court.lacking(calls, event, "agreement", "none", expected, row.id)


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
            court.fault(event, "caller", sender, controller, row.id)


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
