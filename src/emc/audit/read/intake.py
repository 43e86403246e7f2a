"""How logs become lines of the store."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import duckdb
from eth_utils.crypto import keccak

from emc.audit.read import abi, columns, store
from emc.audit.read.known import Known
from emc.audit.read.node import Log


class ReorgError(Exception):
    """The chain turned over while it was read."""


@dataclass
class Window:
    """Logs of a range of blocks on their way into the store."""

    db: duckdb.DuckDBPyConnection
    blocks: dict[int, str] = field(default_factory=dict)
    seen: set[tuple[int, int]] = field(default_factory=set)
    count: int = 0

    def fresh(self, logs: Iterable[Log]) -> list[Log]:
        """The logs that were not seen in this window, in the order of the chain.

        Raises:
            ReorgError: blocks of one number have two hashes.
        """
        found = []
        for log in sorted(logs, key=attrgetter("place")):
            at = log.blockHash.lower()
            if self.blocks.setdefault(log.place[0], at) != at:
                raise ReorgError
            if log.place not in self.seen:
                self.seen.add(log.place)
                found.append(log)
        self.count += len(found)
        return found


def take_events(window: Window, contracts: Known, logs: list[Log]) -> None:
    """What the table's rooms, the registry and the reviews logged."""
    names = {at.lower(): name for name, at in contracts.by_name.items()}
    _keep_events(
        window.db, [(names[log.address.lower()], log) for log in window.fresh(logs)], of_table=True
    )


def take_own(window: Window, logs: list[Log]) -> None:
    """What EMCs logged themselves."""
    kinds = {abi.topic("EMC", "Payout"): columns.runs, abi.topic("EMC", "Batch"): columns.batches}
    sorted_out: dict[Any, list[Log]] = {None: [], columns.runs: [], columns.batches: []}
    for log in window.fresh(logs):
        sorted_out[kinds.get(log.topics[0].lower()) if log.topics else None].append(log)
    for decode in (columns.runs, columns.batches):
        sorted_out[decode], odd = _readable(decode, sorted_out[decode])
        sorted_out[None] += odd
    _keep_events(window.db, [("EMC", log) for log in sorted_out[None]])
    _keep_runs(window.db, sorted_out[columns.runs], sorted_out[columns.batches])


def _readable(decode: Callable[[list[bytes]], Any], logs: list[Log]) -> tuple[list[Log], list[Log]]:
    """The logs that have their event's layout, and those that have not: no honest EMC's."""
    if not _is_readable(decode, logs):
        good = [log for log in logs if _is_readable(decode, [log])]
        return good, [log for log in logs if log not in good]
    return logs, []


def _is_readable(decode: Callable[[list[bytes]], Any], logs: list[Log]) -> bool:
    try:
        decode([bytes.fromhex(log.data[2:]) for log in logs])
    except abi.UnreadableError:
        return False
    return all(len(log.topics) == 2 for log in logs)


def _keep_runs(db: duckdb.DuckDBPyConnection, paid: list[Log], listed: list[Log]) -> None:
    runs = columns.runs([bytes.fromhex(log.data[2:]) for log in paid])
    emcs = [abi.address(int(log.address, 16)) for log in paid]
    payers = [abi.address(int(log.topics[1], 16)) for log in paid]
    places = [log.place for log in paid]
    of_batch = _batches(db, listed, dict(zip(places, emcs, strict=True)))
    kinds = [
        "absorbed"
        if payer == emc
        else "disbursed"
        if payer == abi.ZERO
        else "batch"
        if (emc, place) in of_batch
        else "sale"
        for emc, payer, place in zip(emcs, payers, places, strict=True)
    ]
    customers = ["0x" + each.hex() for each in runs.customer]
    heads: dict[str, list[Any]] = {
        "emc": emcs,
        "block": [block for block, _ in places],
        "log_index": [index for _, index in places],
        "payer": payers,
        "number": [str(each) for each in runs.number],
        "customer": customers,
    }
    store.insert(
        db,
        "payouts",
        {
            **heads,
            "tx": [log.transactionHash.lower() for log in paid],
            "kind": kinds,
            # an epoch or bits that large are no honest EMC's: what is read of them is wrong, too
            "epoch": [min(each, 2**63 - 1) for each in runs.epoch],
            "gross": runs.gross,
            "received": runs.received,
            "total": runs.total,
            "held": runs.held,
            "credited": [min(each, 2**64 - 1) for each in runs.credited],
        },
    )
    single = [place for place, kind in enumerate(kinds) if kind == "sale"]
    store.insert(
        db,
        "orders",
        {
            **{name: [column[place] for place in single] for name, column in heads.items()},
            "amount": [runs.gross[place] for place in single],
        },
    )
    spread = [place for place, count in enumerate(runs.counts) for _ in range(count)]
    within = [at for count in runs.counts for at in range(count)]
    store.insert(
        db,
        "payments",
        {
            **{
                name: [heads[name][place] for place in spread]
                for name in ("emc", "block", "log_index")
            },
            "place": within,
            "payee": runs.payees,
            "amount": runs.amounts,
            "credited": [
                bool(runs.credited[place] >> at & 1)
                for place, at in zip(spread, within, strict=True)
            ],
        },
    )


def _batches(
    db: duckdb.DuckDBPyConnection, listed: list[Log], paid: dict[tuple[int, int], str]
) -> set[tuple[str, tuple[int, int]]]:
    """Keep batches and their orders; which payouts are theirs: the next one of the EMC."""
    owners = set()
    nexts: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for place, emc in sorted(paid.items()):
        nexts[emc].append(place)
    orders: dict[str, list[Any]] = defaultdict(list)
    events: list[tuple[Any, ...]] = []
    datas = [bytes.fromhex(log.data[2:]) for log in listed]
    for log, data, (first, batch) in zip(listed, datas, columns.batches(datas), strict=True):
        emc = abi.address(int(log.address, 16))
        payer = abi.address(int(log.topics[1], 16))
        after = bisect_right(nexts[emc], log.place)
        run = nexts[emc][after] if after < len(nexts[emc]) else None
        if run is not None and run[0] == log.place[0]:
            owners.add((emc, run))
        block, index = run if run is not None and run[0] == log.place[0] else log.place
        for offset, (amount, customer) in enumerate(batch):
            if amount:
                line = (
                    emc,
                    block,
                    index,
                    payer,
                    str(first + offset),
                    "0x" + customer.hex(),
                    amount,
                )
                for name, value in zip(store.columns("orders"), line, strict=True):
                    orders[name].append(value)
        args = {
            "payer": payer,
            "first": str(first),
            "orders": str(len(batch)),
            "amount": str(sum(amount for amount, _ in batch)),
            "hash": "0x" + keccak(data).hex(),
        }
        events.append((emc, *log.place, log.transactionHash.lower(), "EMC", "Batch", args))
    if orders:
        store.insert(db, "orders", orders)
    _insert_events(db, events)
    return owners


def _keep_events(
    db: duckdb.DuckDBPyConnection, logs: list[tuple[str, Log]], *, of_table: bool = False
) -> None:
    lines: list[tuple[Any, ...]] = []
    for contract, log in logs:
        event = abi.events(contract).get(log.topics[0].lower()) if log.topics else None
        if event is None:
            # not of the contract as it is published
            name, args = "unknown", {"topics": log.topics, "data": log.data}
        else:
            name = event.name
            try:
                args = event.read(log.topics, bytes.fromhex(log.data[2:]))
            except abi.UnreadableError as error:
                args = {"unreadable": str(error)}
        tx = log.transactionHash.lower()
        emc = _emc(log, args, of_table)
        lines.append((emc, *log.place, tx, contract, name, abi.jsonable(args)))
    _insert_events(db, lines)


def _emc(log: Log, args: dict[str, Any], of_table: bool) -> str:
    return str(args.get("emc", "")) if of_table else abi.address(int(log.address, 16))


def _insert_events(db: duckdb.DuckDBPyConnection, lines: list[tuple[Any, ...]]) -> None:
    if not lines:
        return
    *heads, args = zip(*lines, strict=True)
    values = dict(zip(store.columns("events"), heads, strict=False))
    store.insert(db, "events", {**values, "args": [json.dumps(each) for each in args]})


def take_transfers(window: Window, tokens: dict[str, tuple[str, int]], logs: list[Log]) -> None:
    """Transfers into and out of EMCs in their own currency; both sides may be EMCs.

    Args:
        tokens: Each EMC's currency, and the block in which it was made: what came before is known
            by its balance then.
    """
    fresh = [log for log in window.fresh(logs) if len(log.topics) == 3]
    senders, recipients, amounts = columns.transfers(
        [log.topics[1] for log in fresh],
        [log.topics[2] for log in fresh],
        [bytes.fromhex(log.data[2:]) for log in fresh],
    )
    named = {at: abi.address(int(at, 16)) for at in {log.address for log in fresh}}
    sides = [(senders, None), (recipients, senders)]
    kept = [
        (place, emc)
        for side, other in sides
        for place, emc in enumerate(side)
        # what an EMC sends itself is one line
        if emc in tokens and (other is None or other[place] != emc)
        if tokens[emc][0] == named[fresh[place].address] and tokens[emc][1] <= fresh[place].place[0]
    ]
    logs = [fresh[place] for place, _ in kept]
    store.insert(
        window.db,
        "transfers",
        {
            "emc": [emc for _, emc in kept],
            "block": [log.place[0] for log in logs],
            "log_index": [log.place[1] for log in logs],
            "tx": [log.transactionHash.lower() for log in logs],
            "token": [named[log.address] for log in logs],
            "sender": [senders[place] for place, _ in kept],
            "recipient": [recipients[place] for place, _ in kept],
            "amount": [amounts[place] for place, _ in kept],
        },
    )
