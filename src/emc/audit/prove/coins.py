"""Whether native coin moved as the EMC's events say.

Coin leaves no log. What is compared is the EMC's balance before and after each block in which it
was paid or did pay, and each payee's; where a payee's own doings hide what it got, what the
transactions called, if the node tells.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from emc.audit.prove.faults import Fault, Faults
from emc.audit.prove.history import Expected, Happened, History, Payout
from emc.audit.prove.life import Life
from emc.audit.read import abi
from emc.audit.read.abi import ZERO, address
from emc.core.text import counted
from emc.rpc.node import Node, Pinned, Unknown


@dataclass
class Coins:
    """What came of it.

    Args:
        blocks: In which coin moved, and of how many of them the EMC's balance is proven.
        payments: Of coin to payees; proven by their balance, and by what was called.
    """

    blocks: int = 0
    balances: int = 0
    payments: int = 0
    by_balance: int = 0
    by_trace: int = 0
    # what it was, and whether money could be missing there
    unproven: list[tuple[str, bool]] = field(default_factory=list)
    faults: Faults = field(default_factory=Faults)
    unbooked: int = 0


@dataclass
class _Moves:
    """What events say of one block."""

    came_in: int = 0
    out: list[tuple[Happened | Payout, Expected]] = field(default_factory=list)
    absorbed: list[Payout] = field(default_factory=list)
    # of what was nobody's yet
    returned: int = 0
    last: Happened | Payout | None = None
    booked: int = 0


async def check(life: Life, node: Node, pinned: Pinned) -> Coins:
    """Compare events with balances; of a token too, if its own events do not tell what it moves."""
    coins, history = Coins(), life.history
    moves = _moves(life)

    async def balances(asked: Sequence[tuple[str, int]]) -> list[int | Unknown]:
        if history.is_native:
            return await node.balances(asked)
        return await token_balances(node, history.currency, asked)

    blocks = sorted(moves)
    coins.blocks = len(blocks)
    emc = history.emc
    asked = [(emc, at) for block in blocks for at in (max(block - 1, 0), block)]
    *found, last = await balances([*asked, (emc, pinned.number)])
    if isinstance(last, Unknown):
        coins.unproven.append((f"the balance at the pinned block: {last.text}", True))
        return coins
    before = history.opening
    coins.unbooked = before or 0
    gone_wrong = 0
    doubtful: dict[int, int] = {}
    unknown: dict[int, Unknown] = {}
    for place, block in enumerate(blocks):
        was, now = found[2 * place], found[2 * place + 1]
        here = moves[block]
        assert here.last is not None
        if isinstance(was, Unknown) or isinstance(now, Unknown):
            unknown[block] = was if isinstance(was, Unknown) else now  # type: ignore[assignment]
            before = None
            continue
        if before is not None:
            if block and was < before:
                coins.faults.add(here.last, "balance before this block", was, f"at least {before}")
            coins.unbooked += was - before
        coins.balances += 1
        out = sum(each.amount for _, each in here.out)
        more = now - was - here.came_in + out
        if more < 0:
            coins.faults.add(here.last, "balance after this block", now, f"at least {now - more}")
        if more:
            doubtful[block] = more
        for run in here.absorbed:
            least, most = coins.unbooked, coins.unbooked + max(more, 0)
            if before is not None and not least <= run.received <= most:
                coins.faults.add(run, "absorbed", run.received, most)
            coins.unbooked -= run.received
        coins.unbooked += more - here.returned
        off = now - here.booked - coins.unbooked
        if before is not None and off != gone_wrong:
            coins.faults.add(here.last, "balance", now, here.booked + coins.unbooked)
            gone_wrong = off
        before = now
    if unknown:
        first = min(unknown)
        what = f"balances of block {first}"
        if len(unknown) > 1:
            what = f"balances of {len(unknown)} blocks from {first} to {max(unknown)}"
        coins.unproven.append((f"{what}: {unknown[first].text}", True))
    booked = life.balances[-1].booked if life.balances else 0
    if before is not None:
        if last < before:
            end = moves[blocks[-1]].last if blocks else None
            at = end or Happened(history.made[0], 0, history.made[1], "Consent", "Made", {})
            coins.faults.add(at, "balance at the pinned block", last, f"at least {before}")
        coins.unbooked += last - before
    elif last < booked:
        coins.faults.append(
            Fault(pinned.number, 0, "", "balance", "at the pinned block", last, booked)
        )
    hidden = await _check_payees(coins, balances, moves)
    if hidden and history.is_native:
        await _trace(coins, history, node, moves, sorted(hidden), doubtful)
    elif hidden:
        # with a fee of its own nobody knows what each should have
        coins.unproven.append((f"what payees got in {counted(len(hidden), 'block')}", False))
    return coins


async def token_balances(
    node: Node, token: str, asked: Sequence[tuple[str, int]]
) -> list[int | Unknown]:
    """The same of a token."""
    view = abi.selector("balanceOf(address)")
    answers = await node.past_calls([(token, view + abi.word(who), at) for who, at in asked])
    found: list[int | Unknown] = []
    for answer, (_, at) in zip(answers, asked, strict=True):
        if isinstance(answer, Unknown):
            found.append(answer)
        elif answer is None or len(answer) != 32:
            found.append(Unknown(f"the token says no balance at block {at}", "nothing"))
        else:
            found.append(int.from_bytes(answer, "big"))
    return found


def _moves(life: Life) -> dict[int, _Moves]:
    """What events say of each block in which coin moved."""
    moves: dict[int, _Moves] = defaultdict(_Moves)
    booked = {each.block: each.booked for each in life.balances}
    last = 0
    for event in life.history.own:
        out = life.announced(event)
        if not out and not isinstance(event, Payout):
            continue
        here = moves[event.block]
        here.last = event
        here.out += [(event, each) for each in out]
        if isinstance(event, Payout):
            if event.kind in ("sale", "batch"):
                here.came_in += event.received
            elif event.kind == "absorbed":
                here.absorbed.append(event)
        elif event.name == "Rescued":
            here.returned += event.number("amount")
        last = booked.get(event.block, last)
        here.booked = last
    return moves


async def _check_payees(
    coins: Coins,
    balances: Callable[[Sequence[tuple[str, int]]], Awaitable[list[int | Unknown]]],
    moves: dict[int, _Moves],
) -> set[int]:
    """Whether each payee has what it was paid; the blocks in which nobody can tell."""
    asked: list[tuple[int, str, int]] = []
    for block, here in moves.items():
        dues: dict[str, int] = defaultdict(int)
        for _, each in here.out:
            dues[each.payee] += each.amount
        coins.payments += len(here.out)
        asked += [(block, payee, due) for payee, due in dues.items()]
    found = await balances(
        [(payee, at) for block, payee, _ in asked for at in (max(block - 1, 0), block)]
    )
    hidden: set[int] = set()
    for place, (block, _, due) in enumerate(asked):
        was, now = found[2 * place], found[2 * place + 1]
        if isinstance(was, Unknown) or isinstance(now, Unknown) or now - was != due:
            hidden.add(block)
    for block, here in moves.items():
        if block not in hidden:
            coins.by_balance += len(here.out)
    return hidden


async def _trace(
    coins: Coins,
    history: History,
    node: Node,
    moves: dict[int, _Moves],
    blocks: Sequence[int],
    doubtful: dict[int, int],
) -> None:
    """What transactions really paid, where balances do not tell."""
    txs = sorted({event.tx for block in blocks for event, _ in moves[block].out})
    traces = dict(zip(txs, await node.traces(txs), strict=True))
    for block in blocks:
        by_tx: dict[str, list[tuple[Happened | Payout, Expected]]] = defaultdict(list)
        for event, each in moves[block].out:
            by_tx[event.tx].append((event, each))
        for tx, wanted in by_tx.items():
            trace = traces[tx]
            if isinstance(trace, Unknown):
                what = f"{counted(len(wanted), 'payment')} of block {block}"
                # what was not sent is still there, beside what strangers gave
                surplus = doubtful.get(block, 0)
                could_lack = surplus >= min(each.amount for _, each in wanted)
                if surplus:
                    total = sum(each.amount for _, each in wanted)
                    what += f", at most {surplus} of {total}, which came in beside it"
                coins.unproven.append((f"{what}: {trace.text}", could_lack))
                continue
            paid = list(_calls(trace, history.emc))
            coins.by_trace += len(wanted)
            for place, (event, each) in enumerate(wanted):
                found = paid[place] if place < len(paid) else None
                if found != (each.payee, each.amount):
                    told = f"{found[1]} to {found[0]}" if found else "none"
                    due = f"{each.amount} to {each.payee}"
                    coins.faults.add(event, "coin sent", told, due, each.row_id)
            for payee, amount in paid[len(wanted) :]:
                event = wanted[-1][0]
                coins.faults.add(event, "coin sent", f"{amount} to {payee}", "no more")


def _calls(frame: dict[str, Any], emc: str) -> Any:
    """The coin that an EMC sent in a transaction, in order; a call that failed sent none."""
    if frame.get("error"):
        return
    value = int(frame.get("value") or "0x0", 16)
    sender = address(int(frame.get("from") or ZERO, 16))
    if value and sender == emc and frame.get("type") == "CALL":
        yield address(int(frame.get("to") or ZERO, 16)), value
    for each in frame.get("calls") or ():
        yield from _calls(each, emc)
