"""What came of mutants, kept line by line, so that a run goes on where it stopped."""

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

# what counts: some test noticed, or none did
FOUND = {"killed", "timeout"}
COUNTED = FOUND | {"survived"}


@dataclass(frozen=True)
class Verdict:
    """What came of one mutant.

    Args:
        key: Of the mutant, with its file, its tests and the sources beside it as they were.
        by: The first test that failed; of an invalid one, why.
        seconds: CPU time of its tests.
    """

    key: str
    path: str
    line: int
    kind: str
    before: str
    after: str
    verdict: str
    by: str = ""
    seconds: float = 0.0


class Kept:
    """The verdicts of a file; of two on the same mutant the later counts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Verdict] = {}
        if path.exists():
            for line in path.read_text().splitlines():
                each = Verdict(**json.loads(line))
                self.known[each.key] = each

    def killers(self, path: str) -> list[str]:
        """The tests that noticed changes so far: those of this file first, and of these the ones
        that noticed most. What notices one change is the likeliest to notice the next.
        """
        found = Counter(
            (each.path == path, each.by) for each in self.known.values() if each.verdict == "killed"
        )
        ranked = sorted(found, key=lambda each: (each[0], found[each]), reverse=True)
        return list(dict.fromkeys(by for _, by in ranked))

    def add(self, verdict: Verdict) -> None:
        """Keep one more, at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(verdict)) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.known[verdict.key] = verdict


@dataclass
class Score:
    """What came of the mutants of one file."""

    path: str
    found: int = 0
    survived: int = 0
    explained: int = 0
    dropped: int = 0

    @property
    def run(self) -> int:
        return self.found + self.survived

    @property
    def percent(self) -> float:
        """Found of those that were run and can be found, of a hundred."""
        possible = self.run - self.explained
        return 100 * self.found / possible if possible else 100.0


def scores(verdicts: Iterable[Verdict], same: set[tuple[str, str, str]]) -> list[Score]:
    """The scores by file.

    Args:
        same: Path, line before and line after of survivors that do the same as the source.
    """
    found: dict[str, Score] = {}
    for each in verdicts:
        score = found.setdefault(each.path, Score(each.path))
        score.found += each.verdict in FOUND
        score.survived += each.verdict == "survived"
        score.dropped += each.verdict not in COUNTED
        is_same = (each.path, each.before, each.after) in same
        score.explained += each.verdict == "survived" and is_same
    return [found[path] for path in sorted(found)]
