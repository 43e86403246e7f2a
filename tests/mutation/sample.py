"""Which mutants are drawn, in which order: the same for the same seed and sources."""

import random
from collections.abc import Iterator

from tests.mutation.operators import Mutant, mutants
from tests.mutation.targets import ROOT, SETS, of_set


def drawn(name: str, seed: int) -> Iterator[tuple[str, Mutant]]:
    """All mutants of a set with their keys, shuffled.

    Args:
        name: One of SETS.
        seed: Of the shuffle.
    """
    assert name in SETS, name
    found = []
    for path in of_set(name):
        source = (ROOT / path).read_text()
        found += [(each.key(source), each) for each in mutants(path, source)]
    random.Random(f"{name} {seed}").shuffle(found)
    yield from found
