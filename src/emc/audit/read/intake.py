"""How logs become lines of the store."""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import compress
from operator import attrgetter, itemgetter
from typing import Any, TypeVar

import duckdb
from eth_utils.crypto import keccak

from emc.audit.read import abi, columns, store
from emc.audit.read.known import Known
from emc.rpc.node import Block, Log

# logs by their place: block and index in it as one number, which is quicker than two
INDEX_BITS = 32
Found = dict[int, Log]
Decoded = TypeVar("Decoded")


class ReorgError(Exception):
    """The chain turned over while it was read.

    Args:
        block: One that is written down and holds no more, if it is known.
    """

    def __init__(self, block: int | None = None) -> None:
        super().__init__(block)
        self.block = block


@dataclass
class Window:
    """Logs of a range of blocks on their way into the store."""

    db: duckdb.DuckDBPyConnection
    blocks: dict[int, str] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    asked: set[int] = field(default_factory=set)
    headers: dict[int, Block] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """Logs that were taken."""
        return len(self.seen)

    def fresh(self, logs: list[Log]) -> Found:
        """The logs that were not seen in this window, in the order of the chain.

        Raises:
            ReorgError: blocks of one number have two hashes.
        """
        for number, hashed in set(map(attrgetter("blockNumber", "blockHash"), logs)):
            at = hashed.lower()
            if self.blocks.setdefault(int(number, 16), at) != at:
                raise ReorgError
        places = [int(log.blockNumber, 16) << INDEX_BITS | int(log.logIndex, 16) for log in logs]
        found = dict(zip(places, logs, strict=True))
        for known in self.seen.intersection(places):
            del found[known]
        self.seen.update(places)
        return {place: found[place] for place in sorted(found)}

    def unasked(self) -> set[int]:
        """Blocks with logs, each told once."""
        found = self.blocks.keys() - self.asked
        self.asked |= found
        return found


def _block(place: int) -> int:
    return place >> INDEX_BITS


def _index(place: int) -> int:
    return place & (1 << INDEX_BITS) - 1


def take_events(
    window: Window, contracts: Known, logs: list[Log], made: Mapping[str, int] | None = None
) -> None:
    """What the table's rooms, the registry and the reviews logged.

    Args:
        made: The block in which each EMC was made: anybody can name its address before.
    """
    names = {at.lower(): name for name, at in contracts.by_name.items()}
    fresh = window.fresh(logs)
    if made is not None:
        since = {int(emc, 16): block for emc, block in made.items()}
        fresh = {
            place: log
            for place, log in fresh.items()
            if _block(place) >= since.get(int(log.topics[1], 16), 0)
        }
    emitters = [names[log.address.lower()] for log in fresh.values()]
    _keep_events(window.db, emitters, fresh, of_table=True)


def take_own(window: Window, logs: list[Log]) -> None:
    """What EMCs logged themselves."""
    kinds = {abi.topic("EMC", "Payout"): columns.runs, abi.topic("EMC", "Batch"): columns.batches}
    sorted_out: dict[Any, Found] = {None: {}, columns.runs: {}, columns.batches: {}}
    for place, log in window.fresh(logs).items():
        sorted_out[kinds.get(log.topics[0].lower()) if log.topics else None][place] = log
    paid, runs, odd = _readable(columns.runs, sorted_out[columns.runs])
    listed, batches, odder = _readable(columns.batches, sorted_out[columns.batches])
    others = sorted_out[None] | odd | odder
    _keep_events(window.db, ["EMC"] * len(others), others)
    _keep_runs(window.db, paid, runs, listed, batches)


def _readable(
    decode: Callable[[list[bytes]], Decoded], found: Found
) -> tuple[Found, Decoded, Found]:
    """Logs of their event's layout, what they say, and others: those are no honest EMC's."""
    try:
        return found, _decoded(decode, found.values()), {}
    except abi.UnreadableError:
        good = {}
        for place, log in found.items():
            with suppress(abi.UnreadableError):
                _decoded(decode, [log])
                good[place] = log
        odd = {place: log for place, log in found.items() if place not in good}
        return good, _decoded(decode, good.values()), odd


def _decoded(decode: Callable[[list[bytes]], Decoded], logs: Iterable[Log]) -> Decoded:
    if any(len(log.topics) != 2 or int(log.topics[1], 16) >> 160 for log in logs):
        raise abi.UnreadableError("other topics")
    return decode([bytes.fromhex(log.data[2:]) for log in logs])


def _keep_runs(
    db: duckdb.DuckDBPyConnection,
    paid: Found,
    runs: columns.Runs,
    listed: Found,
    batches: Sequence[columns.Batch],
) -> None:
    emcs = [abi.address(int(log.address, 16)) for log in paid.values()]
    payers = [abi.address(int(log.topics[1], 16)) for log in paid.values()]
    of_batch = _batches(db, listed, batches, dict(zip(paid, emcs, strict=True)))
    kinds = [
        "absorbed"
        if payer == emc
        else "disbursed"
        if payer == abi.ZERO
        else "batch"
        if (emc, place) in of_batch
        else "sale"
        for emc, payer, place in zip(emcs, payers, paid, strict=True)
    ]
    customers = ["0x" + each.hex() for each in runs.customer]
    heads: dict[str, list[Any]] = {
        "emc": emcs,
        "block": [_block(place) for place in paid],
        "log_index": [_index(place) for place in paid],
        "payer": payers,
        "number": [str(each) for each in runs.number],
        "customer": customers,
    }
    store.insert(
        db,
        "payouts",
        {
            **heads,
            "tx": [log.transactionHash.lower() for log in paid.values()],
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
    db: duckdb.DuckDBPyConnection,
    listed: Found,
    batches: Sequence[columns.Batch],
    paid: Mapping[int, str],
) -> set[tuple[str, int]]:
    """Keep batches and their orders; which payouts are theirs: the next one of the EMC."""
    owners = set()
    nexts: dict[str, list[int]] = defaultdict(list)
    for place, emc in sorted(paid.items()):
        nexts[emc].append(place)
    orders: dict[str, list[Any]] = defaultdict(list)
    events: list[tuple[Any, ...]] = []
    for (at, log), (first, batch) in zip(listed.items(), batches, strict=True):
        emc = abi.address(int(log.address, 16))
        payer = abi.address(int(log.topics[1], 16))
        after = bisect_right(nexts[emc], at)
        run = nexts[emc][after] if after < len(nexts[emc]) else None
        if run is not None and _block(run) == _block(at):
            owners.add((emc, run))
            at_run = run
        else:
            at_run = at
        for offset, (amount, customer) in enumerate(batch):
            if amount:
                line = (
                    emc,
                    _block(at_run),
                    _index(at_run),
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
            "hash": "0x" + keccak(hexstr=log.data).hex(),
        }
        events.append(
            (emc, _block(at), _index(at), log.transactionHash.lower(), "EMC", "Batch", args)
        )
    if orders:
        store.insert(db, "orders", orders)
    _insert_events(db, events)
    return owners


def _keep_events(
    db: duckdb.DuckDBPyConnection,
    contracts: Sequence[str],
    found: Found,
    *,
    of_table: bool = False,
) -> None:
    lines: list[tuple[Any, ...]] = []
    for contract, (place, log) in zip(contracts, found.items(), strict=True):
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
        lines.append((emc, _block(place), _index(place), tx, contract, name, abi.jsonable(args)))
    _insert_events(db, lines)


def _emc(log: Log, args: dict[str, Any], of_table: bool) -> str:
    return str(args.get("emc", "")) if of_table else abi.address(int(log.address, 16))


def _insert_events(db: duckdb.DuckDBPyConnection, lines: list[tuple[Any, ...]]) -> None:
    if not lines:
        return
    *heads, args = zip(*lines, strict=True)
    values = dict(zip(store.columns("events"), heads, strict=False))
    store.insert(db, "events", {**values, "args": [json.dumps(each) for each in args]})


def _transfers(logs: Sequence[Log]) -> tuple[list[str], list[str], list[Any]]:
    """From whom, to whom and how much; nothing where a token logged something else."""

    def read(found: Sequence[Log]) -> tuple[list[str], list[str], list[int]]:
        topics = [log.topics for log in found]
        senders, recipients = (list(map(itemgetter(side), topics)) for side in (1, 2))
        return columns.transfers(senders, recipients, [log.data for log in found])

    try:
        return read(logs)
    except abi.UnreadableError:
        lines: list[tuple[str, str, int | None]] = []
        for log in logs:
            try:
                (sender,), (recipient,), (amount,) = read([log])
                lines.append((sender, recipient, amount))
            except abi.UnreadableError:
                # one side is the EMC, or the node would not have been asked
                lines.append((_side(log.topics[1]), _side(log.topics[2]), None))
        senders, recipients, amounts = zip(*lines, strict=True)
        return list(senders), list(recipients), list(amounts)


def _side(topic: str) -> str:
    value = int(topic, 16)
    return abi.ZERO if value >> 160 else abi.address(value)


def take_transfers(window: Window, tokens: dict[str, tuple[str, int]], logs: list[Log]) -> None:
    """Transfers into and out of EMCs in their own currency; both sides may be EMCs.

    Args:
        tokens: Each EMC's currency, and the block in which it was made: what came before is known
            by its balance then.
    """
    fresh = {place: log for place, log in window.fresh(logs).items() if len(log.topics) == 3}
    senders, recipients, amounts = _transfers(list(fresh.values()))
    named = {at: abi.address(int(at, 16)) for at in {log.address for log in fresh.values()}}
    paid_in = [named[log.address] for log in fresh.values()]
    moved: dict[str, list[Any]] = {
        "block": [_block(place) for place in fresh],
        "log_index": [_index(place) for place in fresh],
        "tx": [log.transactionHash.lower() for log in fresh.values()],
        "token": paid_in,
        "sender": senders,
        "recipient": recipients,
        "amount": amounts,
    }
    # what an EMC sends itself is one line
    others = [to if to != by else "" for by, to in zip(senders, recipients, strict=True)]
    nobody = "", 0
    for side in (senders, others):
        owners = [tokens.get(who, nobody) for who in side]
        here = [
            of == token and block >= made
            for (token, made), of, block in zip(owners, paid_in, moved["block"], strict=True)
        ]
        lines = {name: list(compress(column, here)) for name, column in moved.items()}
        store.insert(window.db, "transfers", {"emc": list(compress(side, here)), **lines})
