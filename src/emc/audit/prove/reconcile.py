"""From the store to a verdict: RECONCILED, or every line that does not tie, the first one first."""

import json
from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import Any

import duckdb
from eth_utils.crypto import keccak

from emc.audit.prove import (
    agreed,
    checkout,
    coins,
    epochs,
    findings,
    history,
    output,
    records,
    reviews,
)
from emc.audit.prove.case import Case, Verdict
from emc.audit.prove.coins import Coins
from emc.audit.prove.court import Court
from emc.audit.prove.faults import Fault, Faults
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.prove.life import BOOKS
from emc.audit.prove.replay import replay
from emc.audit.prove.second_look import look_again
from emc.audit.prove.ties import Ties
from emc.audit.read import abi, known, made
from emc.audit.read.known import Known
from emc.errors import EMCError
from emc.rpc.http import UnansweredError
from emc.rpc.node import Node, Pinned, Unknown


async def run(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emc: str,
    *,
    canvas: bytes | None = None,
    returns: Returns | None = None,
    common: history.Shared | None = None,
    past: history.History | None = None,
    keep: Callable[[Case, Verdict], None] | None = None,
) -> Verdict:
    """Check an EMC as far as the store has been synced, and keep the result in the store.

    Args:
        common: What all EMCs of the store share, where several are checked.
        past: Its history, if it was read with that of others.
        keep: Keeps the result instead, with that of others.
        canvas: The hash of a canvas document that should be the EMC's.
        returns: What the canvas says of orders that go back; only findings follow from it.

    Raises:
        EMCError: it cannot be checked.
    """
    common = common or share(db)
    contracts = Known.from_meta(common.about)
    if common.chain_id is None:
        common.chain_id = await node.chain_id()
    chain_id = common.chain_id
    if common.about["chain_id"] != str(chain_id):
        raise EMCError(
            f"the store is about chain {common.about['chain_id']}, the node about chain {chain_id}",
            "name the node that the store was synced from",
        )
    pinned = await _pinned(common, node, emc)
    past = past or history.read(db, [emc], common)[emc]
    await _complete(node, past, pinned.number)
    unproven = await _opening(node, past)
    case, verdict, code = await _prove(past, node, contracts, chain_id, pinned, canvas)
    if verdict.faults:
        await look_again(db, node, emc, contracts, pinned, verdict.faults)
        # nor by what it says of balances, code and views
        _, again, _ = await _prove(past, node, contracts, chain_id, pinned, canvas)
        differing = {each.text for each in verdict.faults} ^ {each.text for each in again.faults}
        if differing:
            raise EMCError(
                f"the node gives different answers to the same question: {min(differing)}",
                "ask again, or ask another node",
            )
    verdict.unproven += unproven
    if pinned.number not in common.foreign:
        common.foreign[pinned.number] = await known.foreign(node, contracts, pinned.number)
    for each in common.foreign[pinned.number]:
        what = f"{each} is not what this version knows: nobody can say what it does later"
        verdict.unproven.append((f"{what}; audit it with the version that made it", True))
    is_published = known.is_published(code)
    if not is_published:
        # its events count for less: what no balance shows is not known
        verdict.unproven = [(text, True) for text, _ in verdict.unproven]
    verdict.findings = findings.find(case, is_published, returns)
    verdict.evidence = _evidence(common, case, verdict, code, canvas)
    if keep is None:
        output.keep(db, [(case, verdict)])
    else:
        keep(case, verdict)
    return verdict


def share(db: duckdb.DuckDBPyConnection) -> history.Shared:
    """What all EMCs of a store have in common: read once, and kept for questions to the store."""
    found = history.shared(db)
    output.keep_accounts(db, found.accounts)
    return found


async def _prove(
    past: history.History,
    node: Node,
    contracts: Known,
    chain_id: int,
    pinned: Pinned,
    canvas: bytes | None,
) -> tuple[Case, Verdict, bytes]:
    """Everything that is wrong or not known, and the code that the EMC runs."""
    emc = past.emc
    terms, faults = epochs.rebuild(past)
    life = replay(past, terms)
    faults += life.faults
    if not terms:
        raise EMCError(f"the terms of {emc} are not in the store", "sync again")
    court = Court(past, terms, life, node, contracts, chain_id, pinned)
    await agreed.check(court)
    faults += court.faults
    review = await reviews.check(life, node, contracts, chain_id)
    faults += review.faults
    rated = {each.me: each.row for each in review.members if each.me in review.medians}
    before = [each for each in past.records if each.block <= pinned.number]
    faults += await records.check_views(before, rated, node, contracts, pinned)
    orders = checkout.replay(past, life, contracts.checkout, chain_id)
    faults += orders.faults
    case = Case(emc, node, contracts, chain_id, pinned, past, terms, life, court, review, orders)
    verdict = Verdict(emc, life.stage, pinned, unproven=court.unproven + review.unproven)
    if past.is_native:
        case.coins = await coins.check(life, node, pinned)
        faults += case.coins.faults
        verdict.unproven += case.coins.unproven
    else:
        case.ties = Ties(life)
        if past.odd_transfers:
            at = past.odd_transfers[0]
            what = f"block {at}: the token logs a Transfer of no amount: what it moves is not known"
            verdict.unproven.append((what, True))
        else:
            case.ties.run()
            await _check_token(case, faults, verdict.unproven)
    code = await _check_state(case, faults, verdict.unproven)
    if canvas is not None:
        found = _hex(canvas)
        expected = [each.terms.canvas for each in terms.values()]
        if found not in expected:
            block, tx = past.made
            faults.append(Fault(block, 0, tx, "Made", "canvas", found, expected[-1]))
    verdict.faults = sorted(faults, key=lambda each: each.order)
    return case, verdict, code


async def _complete(node: Node, past: history.History, at: int) -> None:
    """Find out how amounts of an EMC's currency are written, if nobody knows yet."""
    if past.decimals is None:
        past.symbol, past.decimals = await made.written(node, past.currency, at)


async def _opening(node: Node, past: history.History) -> list[tuple[str, bool]]:
    """Find out what lay at the EMC's address before it was made, if nobody knows yet."""
    if past.opening is not None:
        return []
    found = await made.opening(node, past.emc, past.currency, past.made[0])
    if isinstance(found, Unknown):
        what = "what lay in the EMC before it was made"
        return [(f"{what}: {found.text}", past.is_native)]
    past.opening = found
    return []


async def _pinned(common: history.Shared, node: Node, emc: str) -> Pinned:
    """The block up to which the EMC was read; the chain must still have it."""
    if emc not in common.synced:
        raise EMCError(f"{emc} is not in the store", "sync it first: emc audit sync")
    _, last, known_hash = common.synced[emc]
    if last not in common.pinned:
        common.pinned[last] = await node.pin(last)
    if common.pinned[last].hash != known_hash:
        raise EMCError(
            f"the chain has another block {last} than the store", "sync again, then run again"
        )
    return common.pinned[last]


async def _check_token(case: Case, faults: Faults, unproven: list[tuple[str, bool]]) -> None:
    """Compare the token's events with the EMC's, and with the balance at the pinned block.

    A token may keep a fee without a word, or log at another address: then only balances tell what
    it moved, and events of payments that went elsewhere are still wrong.
    """
    past, ties, at = case.history, case.ties, case.pinned.number
    assert ties is not None
    (held,) = await coins.token_balances(case.node, past.currency, [(case.emc, at)])
    if isinstance(held, Unknown):
        unproven.append((f"the EMC's balance: {held.text}", True))
        faults += ties.faults
        return
    found = ties.faults
    if held < ties.balance if past.opening is None else held != ties.balance:
        found.state(at, "balance of the token", held, ties.balance)
    is_odd = not past.transfers or not {each.what for each in found} & {"payment", "transfer"}
    if found and is_odd:
        by_balance = await coins.check(case.life, case.node, case.pinned)
        if any(is_serious for _, is_serious in by_balance.unproven):
            unproven += by_balance.unproven
            return
        if not by_balance.faults:
            case.is_by_balance = True
            unproven += by_balance.unproven
            return
    faults += found


async def _check_state(case: Case, faults: Faults, unproven: list[tuple[str, bool]]) -> bytes:
    """Compare with what the contracts say themselves at the pinned block; the code behind it."""
    emc, at, life = case.emc, case.pinned.number, case.life
    rows = sorted({*life.payees, *life.credits})
    asked: list[tuple[str, bytes, int]] = [
        (case.known.consent, abi.selector("terms_of(address)") + abi.word(emc), at),
        (emc, abi.selector("accounts()"), at),
        (emc, abi.selector("total()"), at),
        *((emc, abi.selector("credits(uint256)") + abi.word(row), at) for row in rows),
    ]
    answers = await case.node.calls(asked)
    codes = await case.node.codes([(emc, at), (case.known.implementation, at)])
    if known.is_published(codes[1]):
        # what that code answers is never nothing: then it is the node that does not
        sizes = [32, 192, 32, *[32] * len(rows)]
        for (to, data, _), answer, size in zip(asked, answers, sizes, strict=True):
            if len(answer or b"") != size:
                raise UnansweredError(
                    f"the node answers {_hex(answer)} to eth_call 0x{data[:4].hex()} of {to} at "
                    f"block {at}, which its code never does",
                    "ask again, or ask another node",
                )

    hashes = [each.terms.hash for each in case.epochs.values()]
    faults.state(at, "terms that Consent keeps", _hex(answers[0]), _hex(hashes[-1]))
    faults.state(at, "code of the EMC", _hex(codes[0]), _hex(case.known.proxy))
    if life.page is not None and life.balances:
        if answers[1] is None or answers[2] is None:
            unproven.append(("the EMC's own accounts", True))
        else:
            for place, (name, amount) in enumerate(life.balances[-1].books.items()):
                faults.state(at, f"accounts: {name}", _uint(answers[1], place), amount)
            faults.state(at, "total", _uint(answers[2]), life.total)
            for row, answer in zip(rows, answers[3:], strict=True):
                faults.state(at, "credit", _uint(answer or b""), life.credits.get(row, 0), row)
    return codes[1]


def _uint(answer: bytes, place: int = 0) -> int:
    return int.from_bytes(answer[32 * place : 32 * place + 32], "big")


def _hex(value: bytes | None) -> str:
    return "0x" + (value or b"").hex()


def _evidence(
    common: history.Shared,
    case: Case,
    verdict: Verdict,
    code: bytes,
    canvas: bytes | None,
) -> dict[str, Any]:
    """What somebody needs to see the same again."""
    first = common.synced[case.emc][0]
    names = ("payouts", "payments", "payments_of_nothing", "orders", "transfers", "events")
    counts = {name: common.counts[case.emc].get(name, 0) for name in names}
    balances = case.life.balances
    totals = balances[-1].books if balances else dict.fromkeys(BOOKS, 0)
    native = case.coins or Coins()
    return {
        "verdict": verdict.word,
        "emc": case.emc,
        "stage": verdict.stage,
        "chain_id": case.chain_id,
        "blocks": {
            "first": first,
            "last": case.pinned.number,
            "last_hash": case.pinned.hash,
            "last_time": case.pinned.time,
            "made": case.history.made[0],
            "made_transaction": case.history.made[1],
        },
        "deployment": {
            **case.known.by_name,
            "published_code": known.is_published(code),
        },
        "code_hashes": {"EMC": "0x" + keccak(code).hex()},
        "terms_hash": _hex(list(case.epochs.values())[-1].terms.hash),
        "canvas_hash": None if canvas is None else _hex(canvas),
        "tool": f"emc-agreements {version('emc-agreements')}",
        "currency": case.history.currency,
        "counts": {
            **counts,
            "epochs": len(case.epochs),
            "signatures": case.court.signatures,
            "ratings": len(case.review.revealed),
        },
        "totals": {name: str(amount) for name, amount in totals.items()},
        "proven": {
            "payments recomputed": counts["payments"],
            "transfers": counts["transfers"],
            "blocks with coin": native.blocks,
            "of these by the balance of the EMC": native.balances,
            "payments of coin": native.payments,
            "of these by the payee's balance": native.by_balance,
            "of these by what was called": native.by_trace,
        },
        "unproven": [text for text, _ in verdict.unproven],
        "faults": [each.text for each in verdict.faults],
    }


def as_json(verdicts: Sequence[Verdict]) -> Any:
    """Verdicts for machines."""
    return [
        {
            **each.evidence,
            "faults": [
                {
                    "block": fault.block,
                    "transaction": fault.tx or None,
                    "event": fault.event,
                    "row": fault.row_id,
                    "what": fault.what,
                    "found": str(fault.found),
                    "expected": str(fault.expected),
                }
                for fault in each.faults
            ],
            "findings": [
                {
                    **finding._asdict(),
                    "amount": None if finding.amount is None else str(finding.amount),
                }
                for finding in each.findings
            ],
        }
        for each in verdicts
    ]


def dumps(evidence: Any) -> str:
    """Evidence as the text of its file."""
    return json.dumps(evidence, indent=2, ensure_ascii=False) + "\n"
