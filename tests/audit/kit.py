"""What the tests of the audit share: a recorded chain, and EMCs that do not do what they should."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boa
import duckdb
import pytest

import tests.kit
from emc.audit.prove import reconcile
from emc.audit.prove.case import Verdict
from emc.audit.prove.findings_of_orders import Returns
from emc.audit.read import known, store, sync
from emc.rpc.node import Node
from tests.audit.recorder import Recorder
from tests.kit import CONTRACTS, World, compile_once, deployer, kept_for

# what is changed in a contract's source, exactly once
Patch = tuple[str, str]


@contextmanager
def chain(*, traces: bool = False) -> Iterator[Recorder]:
    """A chain of its own, recorded from its first block on."""
    with boa.swap_env(boa.Env()):
        recorder = Recorder(boa.env, traces=traces)
        try:
            yield recorder
        finally:
            recorder.stop()


def variant(
    folder: Path, patches: Mapping[str, Sequence[Patch]], *contracts: str
) -> Callable[[str], Any]:
    """Compiles contracts, some of them with a change that makes them dishonest.

    Args:
        contracts: Those that are changed; without, those whose own source is.

    Raises:
        AssertionError: the source has changed so that a change does not apply exactly once.
    """
    copied = folder / "contracts"
    shutil.copytree(CONTRACTS, copied, ignore=shutil.ignore_patterns("mocks"))
    for path, changes in patches.items():
        source = (copied / path).read_text()
        for before, after in changes:
            count = source.count(before)
            assert count == 1, f"{path}: {before!r} is there {count} times"
            source = source.replace(before, after)
        (copied / path).write_text(source)
    kept = kept_for(copied)
    changed = {path: compile_once(path, copied, kept) for path in contracts or patches}
    return lambda path: changed.get(path) or deployer(path)


def world_of(compiled: Callable[[str], Any]) -> World:
    """A system of some variant."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tests.kit, "deployer", compiled)
        return World()


def publish(world: World, patch: pytest.MonkeyPatch) -> None:
    """Let the contracts of a variant be those of this version."""
    names = ("consent", "changes", "conduct", "goals", "reputation", "pages", "system")
    at = {name.title(): str(getattr(world, name).address) for name in names}
    at |= {"EMC": str(world.implementation.address)}
    patch.setattr(known, "ours", lambda: {"MicroEnterprises": str(world.registry.address), **at})


def store_of(path: str = ":memory:") -> duckdb.DuckDBPyConnection:
    """An empty store."""
    db = duckdb.connect(path, config=store.WRITING)
    db.execute(store.schema())
    return db


def audit(
    node: Any,
    emc: Any,
    db: duckdb.DuckDBPyConnection | None = None,
    reputation: str | None = None,
    canvas: bytes | None = None,
    returns: Returns | None = None,
) -> Verdict:
    """The verdict on an EMC, from a recorded chain or whatever else answers as a node."""
    db = store_of() if db is None else db
    reader = Node(node)

    async def ask() -> Verdict:
        async with node:
            await sync.sync(db, reader, str(emc.address), first=0, reputation=reputation)
            return await reconcile.run(db, reader, str(emc.address), canvas=canvas, returns=returns)

    return asyncio.run(ask())


def lines(verdict: Verdict) -> list[tuple[str, str, int | None, Any, Any]]:
    """What is wrong: event, what, row, found and expected."""
    return [
        (each.event, each.what, each.row_id, each.found, each.expected) for each in verdict.faults
    ]


def in_order(verdict: Verdict) -> bool:
    """Whether the first line is the first on the chain."""
    return [each.order for each in verdict.faults] == sorted(each.order for each in verdict.faults)
