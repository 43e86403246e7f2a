"""Random calls of a whole system by the hundred thousand: money, changes, checkout, records, calls.

    python -m tests.stateful.depth --calls 100000 [--seed 17] [--resume] [--json]

The state machines of this folder, and lives that the audit proves at their end, in rounds of one
machine and one seed. After every step the rules of the machine hold; at the end of a life the
books tie, by the model beside it or by the audit. Each round is kept in a line of
`build/depth-SEED.jsonl` with its seed, so that a run that was stopped goes on, and `--round N` runs
one again. Exit code 1 if a rule was broken, with the shortest life that breaks it.
"""

import argparse
import itertools
import json
import sys
import time
import warnings
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boa

# what a life does is undone before the next, as under pytest
import boa.test.plugin
import hypothesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from tests import evm as evm
from tests.audit.histories import Audited, NativeLives, TokenLives, recorded
from tests.stateful import market, test_ratings
from tests.stateful.test_calls import Calls
from tests.stateful.test_checkout import Checkouts, TokenCheckouts
from tests.stateful.test_leavers import NativeCollusion, TokenCollusion
from tests.stateful.test_money import (
    CentMoney,
    NativeMoney,
    StablecoinMoney,
    TokenMoney,
    WholeUnitMoney,
)

ROOT = Path(__file__).parents[2]
SEED = 17
LIVES = 20
STEPS = 80
CURRENCIES = (None, 0, 2, 6, 18)
# in turn, one a round
MACHINES: tuple[type[RuleBasedStateMachine], ...] = (
    *(NativeMoney, Checkouts, NativeLives, test_ratings.Ratings),
    *(StablecoinMoney, TokenCheckouts, TokenLives, Calls),
    *(WholeUnitMoney, NativeCollusion, TokenMoney, TokenCollusion, CentMoney),
)
EFFORT = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    derandomize=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Round:
    """What came of one machine with one seed.

    Args:
        calls: Transactions that its lives sent, refused ones included.
        refused: How many of them were refused, as the model foresaw.
        seconds: CPU time.
    """

    number: int
    machine: str
    seed: int
    calls: int
    refused: int
    seconds: float


class Counter:
    """Counts the transactions of a chain."""

    def __init__(self, env: Any) -> None:
        self.calls = self.refused = 0
        self._execute = env.execute_code
        env.execute_code = self._counted
        self._env = env

    def _counted(self, *args: Any, **kwargs: Any) -> Any:
        computation = self._execute(*args, **kwargs)
        if kwargs.get("is_modifying", True) and not kwargs.get("simulate"):
            self.calls += 1
            self.refused += computation.is_error
        return computation

    def stop(self) -> None:
        self._env.execute_code = self._execute


def run(number: int, seed: int) -> Round:
    """One round; the same for the same number and seed.

    Raises:
        BaseException: what a rule that was broken raises, with the life in its notes.
    """
    machine = MACHINES[number % len(MACHINES)]
    own = seed * 1_000_000 + number
    drawn = hypothesis.seed(own)(type(machine.__name__, (machine,), {}))
    place: AbstractContextManager[None] = (
        recorded() if issubclass(machine, Audited) else nullcontext()
    )
    began = time.process_time()
    with place:
        counter = Counter(boa.env)
        try:
            run_state_machine_as_test(drawn, settings=EFFORT)
        finally:
            counter.stop()
    spent = round(time.process_time() - began, 1)
    return Round(number, machine.__name__, own, counter.calls, counter.refused, spent)


def prepare() -> None:
    """What the machines share, made before any life of them."""
    market.stray_token()
    for decimals in CURRENCIES:
        market.market(decimals)
    test_ratings.setup_module()


def summary(rounds: list[Round], seed: int) -> dict[str, Any]:
    """Sums by machine, as JSON."""
    machines: dict[str, dict[str, int]] = {}
    for each in rounds:
        about = machines.setdefault(each.machine, {"rounds": 0, "calls": 0, "refused": 0})
        about["rounds"] += 1
        about["calls"] += each.calls
        about["refused"] += each.refused
    return {
        "seed": seed,
        "calls": sum(each.calls for each in rounds),
        "refused": sum(each.refused for each in rounds),
        "lives": len(rounds) * LIVES,
        "seconds": round(sum(each.seconds for each in rounds)),
        "machines": machines,
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.stateful.depth",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--calls", type=int, default=100_000, help="at least so many in all")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--resume", action="store_true", help="go on with what is kept")
    parser.add_argument("--round", type=int, help="this one alone, and keep nothing")
    parser.add_argument("--json", action="store_true", help="the sums as JSON")
    options = parser.parse_args()
    kept = ROOT / "build" / f"depth-{options.seed}.jsonl"
    rounds: list[Round] = []
    if options.round is None and kept.exists():
        if not options.resume:
            parser.error(f"{kept} is there: go on with --resume, or remove it")
        rounds = [Round(**json.loads(line)) for line in kept.read_text().splitlines()]
    # every EMC is a proxy: its own code is not the implementation's
    warnings.filterwarnings("ignore", "casted bytecode does not match compiled bytecode")
    prepare()
    numbers = itertools.count(len(rounds)) if options.round is None else [options.round]
    for number in numbers:
        if options.round is None and sum(each.calls for each in rounds) >= options.calls:
            break
        try:
            done = run(number, options.seed)
        except BaseException:
            again = f"--seed {options.seed} --round {number}"
            print(f"once more: python -m tests.stateful.depth {again}", file=sys.stderr)
            raise
        rounds.append(done)
        print(
            f"{sum(each.calls for each in rounds):8,} calls: {done.machine} {done.seed}, "
            f"{done.calls:,} calls, {done.refused:,} refused, {done.seconds:.0f} s",
            file=sys.stderr,
            flush=True,
        )
        if options.round is None:
            kept.parent.mkdir(exist_ok=True)
            with kept.open("a") as file:
                file.write(json.dumps(asdict(done)) + "\n")
    said = summary(rounds, options.seed)
    if options.json:
        print(json.dumps(said, indent=1))
    else:
        print(
            "{calls:,} calls, {refused:,} refused, {lives:,} lives, no rule broken".format(**said)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
