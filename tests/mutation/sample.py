"""Which mutants are drawn, in which order: the same for the same seed and sources."""

import hashlib
import random
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.mutation.operators import Mutant, mutants
from tests.mutation.targets import ROOT, SETS, beside, of_set


def drawn(name: str, seed: int) -> Iterator[tuple[str, Mutant]]:
    """All mutants of a set with their keys, shuffled.

    Args:
        name: One of SETS.
        seed: Of the shuffle. It alone decides the order: keys, by which verdicts are kept, change
            with the sources and tests.
    """
    assert name in SETS, name
    found = []
    for path in of_set(name):
        source = (ROOT / path).read_text()
        others = state_of(beside(path))
        found += [(each.key(source, others), each) for each in mutants(path, source)]
    random.Random(f"{name} {seed}").shuffle(found)
    yield from found


def state_of(paths: Iterable[Path]) -> str:
    """A hash of files by name and content."""
    said = hashlib.sha256()
    for path in sorted(paths):
        name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
        said.update(f"{name.as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return said.hexdigest()
