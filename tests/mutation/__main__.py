"""Mutants of the code that holds money, counts consent and proves payouts, and what finds them.

    python -m tests.mutation [--set contracts|package] [--first K] [--workers N] [--json]

A seeded sample of small changes, each run against the tests of its file (`targets.py`). Changes
that do not compile, or compile to the same, are dropped and the next is drawn. Verdicts are kept in
`build/mutation.jsonl`: a run that was stopped goes on where it was; a mutant whose file, tests or
other sources have changed since is run again. Exit code 1 if a mutant survived that
`survivors.toml` has no reason for.
"""

import argparse
import json
import multiprocessing
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from tests.mutation import attempt, report
from tests.mutation.operators import Mutant
from tests.mutation.sample import drawn
from tests.mutation.targets import ROOT, SETS, noticed_by, of_set
from tests.mutation.verdicts import COUNTED, Kept, Verdict

SEED = 17
KEPT = ROOT / "build" / "mutation.jsonl"
PREPARE: dict[str, Callable[[], None]] = {
    "package": attempt.prepare_package,
    "contracts": attempt.prepare_contracts,
}
# a computation has its own limit; this is for tests that wait, beside others on a busy machine
PATIENCE = 3_600


@dataclass
class Running:
    """A mutant whose tests run."""

    key: str
    mutant: Mutant
    process: BaseProcess
    answer: Connection
    before: float
    until: float = field(default_factory=lambda: time.monotonic() + PATIENCE)

    def verdict(self) -> Verdict:
        """What came of it, once it has ended or has had its time."""
        said: dict[str, str] = {}
        with suppress(EOFError):
            if self.answer.poll():
                said = self.answer.recv()
        if not said and time.monotonic() < self.until:
            self.process.join()
            if self.process.exitcode not in (-signal.SIGXCPU, -signal.SIGKILL):
                raise RuntimeError(f"{self.mutant} ended with {self.process.exitcode}")
        # what the tests started goes with them
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid or 0, signal.SIGKILL)
        self.process.join()
        source = (ROOT / self.mutant.path).read_text()
        before, after = self.mutant.shown(source)
        return Verdict(
            self.key,
            self.mutant.path,
            self.mutant.line,
            self.mutant.kind,
            before,
            after,
            said.get("verdict", "timeout"),
            said.get("by", ""),
            round(_spent() - self.before, 1),
        )


def _spent() -> float:
    """CPU seconds of all processes that have ended so far."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def started(key: str, mutant: Mutant, first: Sequence[str]) -> Running:
    """Begin with the tests of a mutant, `first` before the others."""
    forks = multiprocessing.get_context("fork")
    ours, theirs = forks.Pipe(duplex=False)
    told = mutant, noticed_by(mutant.path), first, theirs
    process = forks.Process(target=attempt.attempt, args=told)
    before = _spent()
    process.start()
    theirs.close()
    return Running(key, mutant, process, ours, before)


def run(
    todo: Iterator[tuple[str, Mutant]],
    workers: int,
    first: Callable[[str], Sequence[str]] = lambda _path: (),
) -> Iterator[Verdict]:
    """The verdicts of mutants as they come, so many at once.

    Args:
        first: The tests that are run before the others, by the path of the changed file.
    """
    running: list[Running] = []
    try:
        while True:
            while len(running) < workers and (following := next(todo, None)):
                running.append(started(*following, first(following[1].path)))
            if not running:
                return
            soonest = min(each.until for each in running) - time.monotonic()
            ended = wait([each.process.sentinel for each in running], max(soonest, 0))
            for each in list(running):
                if each.process.sentinel in ended or time.monotonic() >= each.until:
                    running.remove(each)
                    yield each.verdict()
    finally:
        for each in running:
            with suppress(ProcessLookupError):
                os.killpg(each.process.pid or 0, signal.SIGKILL)


def verdicts_of(name: str, options: argparse.Namespace, kept: Kept) -> list[Verdict]:
    """The verdicts on the first mutants of a set, after running what is missing."""
    count = min(options.first or SETS[name], SETS[name])
    order = [each for each in drawn(name, options.seed) if options.only in each[1].path]
    PREPARE[name]()

    def counted() -> list[Verdict]:
        """Verdicts from the first on, without a gap, up to so many that count."""
        found: list[Verdict] = []
        left = count
        for key, _ in order:
            if left == 0 or key not in kept.known:
                break
            found.append(kept.known[key])
            left -= found[-1].verdict in COUNTED
        return found

    def missing() -> Iterator[tuple[str, Mutant]]:
        left = 0 if options.no_run else count
        for key, mutant in order:
            known = kept.known.get(key)
            if left <= 0:
                return
            if known is None or (options.survivors and known.verdict == "survived"):
                yield key, mutant
                known = kept.known.get(key)
            # one that is under way is taken to count
            left -= known is None or known.verdict in COUNTED

    # drawn anew as long as some of those under way were dropped
    while True:
        done = 0
        for verdict in run(missing(), options.workers, kept.killers):
            kept.add(verdict)
            done += 1
            _say(name, verdict, sum(each.verdict in COUNTED for each in counted()), count)
        options.survivors = False
        if not done:
            return counted()


def control(options: argparse.Namespace) -> int:
    """Run the tests of every file on code that does the same: 1 if one fails."""
    is_good = True
    for name in [options.set] if options.set else list(SETS):
        PREPARE[name]()
        same = [
            (path, Mutant(path, attempt.CONTROL, 0, 0, "", 1))
            for path in of_set(name)
            if options.only in path
        ]
        for verdict in run(iter(same), options.workers):
            print(f"{verdict.verdict:8} {verdict.seconds:6.1f} s {verdict.path} {verdict.by}")
            is_good &= verdict.verdict == "survived"
    return int(not is_good)


def _say(name: str, verdict: Verdict, number: int, count: int) -> None:
    print(
        f"{name} {number}/{count} {verdict.verdict:8} {verdict.seconds:6.1f} s "
        f"{verdict.path}:{verdict.line} {verdict.before} -> {verdict.after}",
        file=sys.stderr,
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--set", choices=SETS, help="one set alone")
    parser.add_argument("--first", type=int, help="only so many of each sample")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", default="", help="only files with this in their path")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--survivors", action="store_true", help="run again what survived")
    parser.add_argument("--control", action="store_true", help="no mutants: each file as it is")
    parser.add_argument("--no-run", action="store_true", help="only report what is kept")
    parser.add_argument("--kept", type=Path, default=KEPT, help="the file of verdicts")
    parser.add_argument("--json", action="store_true", help="scores and survivors as JSON")
    parser.add_argument("--write", action="store_true", help="put the table into docs/proof.md")
    options = parser.parse_args()
    if options.control:
        return control(options)
    kept = Kept(options.kept)
    found: dict[str, list[Verdict]] = {}
    # tests of the package need it not to be imported before, those of contracts import it
    for name in [options.set] if options.set else list(SETS):
        found[name] = verdicts_of(name, options, kept)
    said: dict[str, Any] = report.summary(found, options.seed)
    print(json.dumps(said, indent=1) if options.json else report.text(said))
    if options.write:
        report.write(said)
    return int(bool(said["unexplained"]))


if __name__ == "__main__":
    sys.exit(main())
