"""From a node into the store: the events of EMCs that Consent made, and nothing else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb
from eth_utils.crypto import keccak

from emc.audit.read import abi, held, intake, known, made, store
from emc.audit.read.intake import ReorgError, Window
from emc.audit.read.known import Known
from emc.errors import EMCError
from emc.rpc.node import SPAN, Log, Node, Pinned, together

TRANSFER = "0x" + keccak(text="Transfer(address,address,uint256)").hex()
# blocks that are read and kept together, and logs after which no more of them are read: an
# interrupted sync goes on behind them
WINDOW = 100_000
ENOUGH = 100_000
# EMCs asked for in one question: as many addresses as geth takes
GROUP = 1_000
# EMCs that are few: about more, fewer blocks are asked at first. Logs that are many: then, too
FEW, MANY = 10, 20_000
# how often a round is begun again when the chain turns over meanwhile
ROUNDS = 5


@dataclass
class Synced:
    """What a sync did."""

    known: Known
    pinned: Pinned
    emcs: list[str]
    new: int = 0
    rolled_back_to: int | None = None


@dataclass
class Progress:
    """Who is told how far a sync is."""

    begin: Callable[[int], None] = lambda _: None
    advance: Callable[[int], None] = lambda _: None


async def sync(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    emc: str | None = None,
    *,
    depth: int = 0,
    first: int | None = None,
    reputation: str | None = None,
    progress: Progress | None = None,
) -> Synced:
    """Bring a store up to date.

    Args:
        emc: The one to read; without, all of the deployment.
        depth: Blocks behind the newest that are not read yet.
        first: Where to begin if the node does not know old states.
        reputation: Where ratings are kept, if neither the system nor terms name it.

    Raises:
        EMCError: the node gives no usable answers, or the EMC is none of Consent's.
    """
    chain_id = await node.chain_id()
    held.check_store(db, chain_id)
    replaced: int | None = None
    for turn in range(ROUNDS):
        try:
            told = progress or Progress()
            return await _round(db, node, chain_id, emc, depth, first, reputation, told, replaced)
        except ReorgError as error:
            replaced = error.block
            if turn == ROUNDS - 1:
                raise EMCError(
                    "blocks are replaced faster than they can be read",
                    "read fewer of its newest blocks: add --depth 12",
                ) from None
    raise AssertionError


async def _round(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    chain_id: int,
    emc: str | None,
    depth: int,
    first: int | None,
    reputation: str | None,
    progress: Progress,
    replaced: int | None,
) -> Synced:
    pinned = await node.head(depth)
    contracts = await known.find(node, chain_id, pinned.number, emc)
    # found earlier, where no deployment names it
    kept = store.meta(db).get("reputation") or None
    contracts = replace(contracts, reputation=contracts.reputation or kept)
    done = Synced(contracts, pinned, [])
    done.rolled_back_to = await held.roll_back(db, node, pinned, replaced)
    held.keep_meta(db, chain_id, contracts)
    await _discover(db, node, contracts, emc, pinned, first)
    chosen = _emcs(db, emc)
    done.emcs = sorted(chosen)
    cursors = _cursors(db)
    starts = {each: cursors.get(each, made - 1) + 1 for each, made in chosen.items()}
    parts = groups(starts, set(cursors))
    start = await _start(db, node, "MicroEnterprises", contracts.registry, pinned, first)
    begins = [start, *(at for at, _ in parts)]
    progress.begin(sum(max(0, pinned.number - at + 1) for at in begins))
    asked = [whole(contracts.registry, contracts)]
    done.new += await _read(db, node, ["MicroEnterprises"], start, pinned, progress, asked)
    for at, members in parts:
        asked = questions(db, contracts, members)
        done.new += await _read(db, node, members, at, pinned, progress, asked)
    done.known = await _reputation(db, node, contracts, reputation, pinned)
    held.keep_meta(db, chain_id, done.known)
    if (at_reputation := done.known.reputation) is not None:
        # of all EMCs: an ME's record folds them
        start = await _start(db, node, "Reputation", at_reputation, pinned, first)
        asked = [whole(at_reputation, done.known)]
        done.new += await _read(db, node, ["Reputation"], start, pinned, Progress(), asked)
    if (await node.pin(pinned.number)).hash != pinned.hash:
        raise ReorgError
    return done


def groups(starts: dict[str, int], known_before: set[str]) -> list[tuple[int, list[str]]]:
    """EMCs to be read together, and from which block on. New ones have nothing in the store yet:
    what is read of them from before they were made is nothing.
    """
    by_start: dict[int, list[str]] = {}
    for emc, at in starts.items():
        if emc in known_before:
            by_start.setdefault(at, []).append(emc)
    new = sorted((each for each in starts if each not in known_before), key=starts.__getitem__)
    again = [
        (at, members[i : i + GROUP])
        for at, members in sorted(by_start.items())
        for i in range(0, len(members), GROUP)
    ]
    parts = [new[i : i + GROUP] for i in range(0, len(new), GROUP)]
    return again + [(starts[part[0]], part) for part in parts]


@dataclass(frozen=True)
class Question:
    """Which logs, and who takes them."""

    addresses: Sequence[str]
    topics: Sequence[Any]
    take: Callable[[Window, list[Log]], None]


async def _read(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    sources: Sequence[str],
    first: int,
    pinned: Pinned,
    progress: Progress,
    asked: Sequence[Question],
) -> int:
    """Logs of some sources up to the pinned block, window by window; how many."""
    count = 0
    pace = Pace(len(sources))
    while first <= pinned.number:
        last = min(first + WINDOW - 1, pinned.number)
        with held.whole(db):
            window = Window(db)
            last = await _fill(window, node, first, last, pace, progress, asked)
            held.keep_reach(db, sources, first, last, window.headers[last].hash.lower())
        count += window.count
        first = last + 1
    return count


class Pace:
    """How many blocks are asked for at once: fewer where more may be in them, and as many as usual
    again behind a flood of logs.

    Args:
        sources: How many are asked about.
    """

    def __init__(self, sources: int) -> None:
        self.blocks = self.usual = max(1, min(SPAN, SPAN * FEW // sources))

    def heard(self, blocks: int, logs: int) -> None:
        """Learn from what some blocks had."""
        if logs > MANY:
            self.blocks = max(1, self.blocks // 2)
        elif logs < blocks or (self.blocks < self.usual and 4 * logs < MANY):
            self.blocks = min(SPAN, self.blocks * 2)


async def _fill(
    window: Window,
    node: Node,
    first: int,
    last: int,
    pace: Pace,
    progress: Progress,
    asked: Sequence[Question],
) -> int:
    """Logs of a range of blocks, and these blocks, from the first one on until there are enough;
    the last block that was read.

    Raises:
        ReorgError: logs and blocks are not of one chain.
    """
    read = first - 1

    async def work() -> None:
        nonlocal read
        while read < last and window.count < ENOUGH:
            at, read = read + 1, min(read + pace.blocks, last)
            end = read
            logs = await together(_ask(window, node, each, at, end) for each in asked)
            pace.heard(end - at + 1, sum(logs))
            progress.advance(end - at + 1)

    await together(work() for _ in range(node.parallel))
    window.headers.update(await node.blocks({read} - window.headers.keys()))
    if any(window.headers[at].hash.lower() != found for at, found in window.blocks.items()):
        raise ReorgError
    held.keep_blocks(window.db, window.headers)
    return read


async def _ask(window: Window, node: Node, question: Question, first: int, last: int) -> int:
    """Take the logs that answer a question, and the blocks they are in; how many they are."""
    count = 0

    async def take(logs: list[Log]) -> None:
        nonlocal count
        count += len(logs)
        try:
            question.take(window, logs)
        except ValueError as error:
            raise EMCError(
                f"the node's logs of blocks {first} to {last} make no sense: {error}",
                "ask another node",
            ) from None
        # while the node looks for more logs
        window.headers.update(await node.blocks(window.unasked()))

    await node.logs(question.addresses, question.topics, first, last, take)
    return count


# what is asked


def whole(at: str, contracts: Known) -> Question:
    """Everything that a contract logged."""
    return Question([at], [], lambda window, logs: intake.take_events(window, contracts, logs))


def questions(
    db: duckdb.DuckDBPyConnection, contracts: Known, emcs: Sequence[str]
) -> list[Question]:
    """What there is to know of EMCs: their own events, the table's about them, and the transfers of
    their tokens.
    """
    since = _emcs(db, None)
    made = {each: since[each] for each in emcs}

    def events(window: Window, logs: list[Log]) -> None:
        intake.take_events(window, contracts, logs, made)

    about = [*contracts.rooms, *([contracts.checkout] if contracts.checkout else [])]
    named = [abi.as_topic(each) for each in emcs]
    asked = [Question(emcs, [], intake.take_own), Question(about, [None, named], events)]
    found = db.execute(
        "SELECT emc, currency, made_block FROM emcs "
        "WHERE emc IN (SELECT unnest(?)) AND currency <> ?",
        [list(emcs), abi.ZERO],
    ).fetchall()
    tokens: dict[str, tuple[str, int]] = {emc: (token, made) for emc, token, made in found}
    if tokens:

        def moved(window: Window, logs: list[Log]) -> None:
            intake.take_transfers(window, tokens, logs)

        with_token = [abi.as_topic(each) for each in tokens]
        paid = sorted({token for token, _ in tokens.values()})
        asked.append(Question(paid, [TRANSFER, with_token], moved))
        asked.append(Question(paid, [TRANSFER, None, with_token], moved))
    return asked


# which contracts and EMCs


async def _reputation(
    db: duckdb.DuckDBPyConnection, node: Node, contracts: Known, told: str | None, pinned: Pinned
) -> Known:
    """The contracts with the Reputation, if one is named.

    Raises:
        EMCError: there is no Reputation at the given address.
    """
    if told is not None:
        found = await known.with_reputation(
            node, replace(contracts, reputation=None), [told], pinned.number
        )
        if found.reputation is None:
            raise EMCError(
                f"{told} is not a Reputation of these contracts",
                "check --reputation, or leave it out",
            )
        return found
    if contracts.reputation:
        return contracts
    bars = db.execute(
        "SELECT DISTINCT args->>'$.terms.bar.registry' FROM events "
        "WHERE name IN ('Made', 'Amended')"
    ).fetchall()
    named = [bar for (bar,) in bars if bar and bar != abi.ZERO]
    return await known.with_reputation(node, contracts, named, pinned.number)


async def _discover(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    contracts: Known,
    emc: str | None,
    pinned: Pinned,
    first: int | None,
) -> None:
    """Find the EMCs that Consent made, since what was read last, or just one."""
    if emc is not None and emc in _emcs(db, emc):
        return
    topic = abi.topic("Consent", "Made")
    if emc is not None:
        start = await _start(db, node, emc, emc, pinned, first)
        topics: list[Any] = [topic, abi.as_topic(emc)]
    else:
        start = await _start(db, node, "Consent", contracts.consent, pinned, first)
        topics = [topic]
    unique: dict[tuple[int, int], Log] = {}

    async def take(logs: list[Log]) -> None:
        unique.update((log.place, log) for log in logs)

    await node.logs([contracts.consent], topics, start, pinned.number, take)
    with held.whole(db):
        await made.keep(db, node, contracts, [log for _, log in sorted(unique.items())], pinned)
        if emc is None:
            held.keep_reach(db, ["Consent"], start, pinned.number, pinned.hash)
    if emc is not None and emc not in _emcs(db, emc):
        raise EMCError(
            f"{emc} is not an EMC that Consent {contracts.consent} made", "check the address"
        )


async def _start(
    db: duckdb.DuckDBPyConnection,
    node: Node,
    source: str,
    at: str,
    pinned: Pinned,
    first: int | None,
) -> int:
    """The block from which on a source is to be read: behind what was, else where its contract
    begins.
    """
    if source in (cursors := _cursors(db)):
        return cursors[source] + 1
    return first if first is not None else await node.birth(at, pinned.number)


def _emcs(db: duckdb.DuckDBPyConnection, emc: str | None) -> dict[str, int]:
    """The block in which each was made."""
    return dict(
        db.execute(
            "SELECT emc, made_block FROM emcs WHERE ? IS NULL OR emc = ?", [emc, emc]
        ).fetchall()
    )


def _cursors(db: duckdb.DuckDBPyConnection) -> dict[str, int]:
    return dict(db.execute("SELECT source, last_block FROM synced").fetchall())
