"""Which test process begins with what: each with some of what takes long, and ends with what is
short, so that nobody waits for one of them at the end.
"""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# files with tests or fixtures of 20 seconds and more, the longest first
LONGEST = (
    *("integration/test_demo.py", "integration/test_bench.py", "audit/test_faults.py"),
    *("integration/test_crash.py", "attacks/test_native.py", "desk/test_amend.py"),
    *("docs/test_blocks.py", "integration/test_wheel.py", "audit/test_honest.py"),
    *("audit/test_records.py", "integration/test_hostile_values.py", "desk/test_browser.py"),
)
# where tests run commands, nodes and browsers
SLOW = ("integration", "audit", "desk", "docs", "evms", "attacks", "stateful", "exports", "spec")


def rank(place: str) -> int:
    """How early a file is begun with; the shortest last.

    Args:
        place: Its path below tests/.
    """
    if place in LONGEST:
        return LONGEST.index(place)
    folder = place.partition("/")[0]
    return len(LONGEST) + (SLOW.index(folder) if folder in SLOW else len(SLOW))


def dealt(items: Sequence[pytest.Item], hands: int) -> list[pytest.Item]:
    """Tests in an order that xdist cuts into one share for each process.

    A file is dealt as a whole, but for those at the ends of what would be more than a share.
    """
    files = [
        (rank(path.relative_to(ROOT).as_posix()), list(found))
        for path, found in groupby(items, key=lambda item: item.path)
    ]
    files.sort(key=lambda file: file[0])
    stacks = [[item for _, file in files[hand::hands] for item in file] for hand in range(hands)]
    # as xdist does it: equal shares, the later ones with what is left over
    shares = [(len(items) + hand) // hands for hand in range(hands)]
    left = [item for hand, share in zip(stacks, shares, strict=True) for item in hand[share:]]
    made: list[pytest.Item] = []
    for hand, share in zip(stacks, shares, strict=True):
        missing = max(0, share - len(hand))
        made += [*hand[:share], *left[:missing]]
        del left[:missing]
    return made
