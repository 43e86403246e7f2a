"""Proves every claim about the money code, as its source is; `make prove`.

    .venv/proof/bin/python -m tests.proof [--contracts FOLDER] [--json] [CLAIM ...]

Prints each claim with its paths, goals and seconds; of one that does not hold, a counterexample.
Ends with 1 if a claim does not hold or is not decided, or an unsafe expression is in no claim.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from multiprocessing import Pool
from pathlib import Path
from random import Random
from typing import Any

from tests.proof import (
    claims_books,
    claims_orders,
    claims_page,
    claims_sale,
    claims_waterfall,
    lemmas,
    solver,
)
from tests.proof.numbers import RefutedError, UndecidedError, VacuousError, tried
from tests.proof.reader import CONTRACTS, RevertedError, Source, UnknownError
from tests.proof.unsafe import expressions

MODULES = (claims_waterfall, claims_sale, claims_page, claims_books, claims_orders)
# seconds for one question; most take a part of one, on a machine that has nothing else to do
SECONDS = 60
# how a run ends on a source that says something else
MISFITS = (ValueError, AttributeError, TypeError, KeyError, IndexError)
DRAWS = 20_000


def claims() -> dict[str, Callable[[Any, Source], None]]:
    """All claims by name; lemmas first."""
    found = [*lemmas.LEMMAS]
    for module in MODULES:
        found += [*module.CLAIMS, *getattr(module, "INDUCTION", ())]
    return {each.__name__: each for each in found}


def drawable() -> set[str]:
    """Names of the claims about numbers that can be drawn: not those about any number of rows."""
    found = [*lemmas.LEMMAS, *(each for module in MODULES for each in module.CLAIMS)]
    return {each.__name__ for each in found}


def shown(name: str, folder: Path) -> dict[str, Any]:
    """What a claim comes to on the contracts of a folder."""
    claim = partial(_called, claims()[name], Source(folder))
    began = time.monotonic(), time.process_time()
    found: dict[str, Any] = {"claim": name, "holds": False, "seen": []}
    try:
        result = solver.prove(claim, SECONDS)
        found |= {"holds": True, "paths": result.paths, "goals": result.goals}
        found["seen"] = sorted(result.seen)
    except RefutedError as error:
        found |= {"what": error.what, "example": error.example, "path": error.path}
    except UndecidedError as error:
        found |= {"what": str(error)} | (_drawn(claim) if name in drawable() else {})
    except (VacuousError, UnknownError, AssertionError, *MISFITS) as error:
        found["what"] = f"the source is not what the claim is about: {error}"
    found["seconds"] = round(time.monotonic() - began[0], 1)
    found["cpu"] = round(time.process_time() - began[1], 1)
    return found


def _called(claim: Callable[[Any, Source], None], source: Source, search: Any) -> None:
    claim(search, source)


def _drawn(claim: Callable[[Any], None]) -> dict[str, Any]:
    """A counterexample by drawing numbers, where the solver found none."""
    try:
        tried(claim, Random(0), DRAWS)
    except RefutedError as error:
        return {"what": error.what, "example": error.example, "path": error.path}
    except (VacuousError, RevertedError):
        pass
    return {}


def lines(found: dict[str, Any]) -> Iterator[str]:
    """What is printed of a claim."""
    times = f"{found['seconds']:6.1f} s"
    if found["holds"]:
        text = found["claim"].replace("_", " ")
        yield f"{times}  proved  {text}: {found['paths']} paths, {found['goals']} goals"
        return
    is_refuted = "example" in found
    yield f"{times}  {'WRONG ' if is_refuted else 'OPEN  '}  {found['claim'].replace('_', ' ')}"
    yield f"          {found['what']}"
    if is_refuted:
        yield "          counterexample:"
        yield from (f"            {name} = {value}" for name, value in found["example"].items())


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.proof", description=__doc__)
    parser.add_argument("claims", nargs="*", help="names of claims; all without")
    parser.add_argument("--contracts", type=Path, default=CONTRACTS, help="a folder of sources")
    parser.add_argument("--json", action="store_true", help="JSON alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    options = parser.parse_args()
    unknown = set(options.claims) - set(claims())
    if unknown:
        parser.error(
            f"no such claim: {', '.join(sorted(unknown))}; there are {', '.join(claims())}"
        )
    names = options.claims or list(claims())
    found = []
    with Pool(options.jobs) as pool:
        for each in pool.imap(partial(shown, folder=options.contracts), names):
            found.append(each)
            if not options.json:
                print("\n".join(lines(each)), flush=True)
    seen = {text for each in found for text in each["seen"]}
    missing = [] if options.claims else sorted(expressions(options.contracts) - seen)
    is_good = all(each["holds"] for each in found) and not missing
    if options.json:
        print(json.dumps({"holds": is_good, "claims": found, "unproven": missing}, indent=1))
        return int(not is_good)
    for text in missing:
        print(f"no claim goes through {text}; prove that it does not wrap")
    proved = sum(each["holds"] for each in found)
    print(f"{proved} of {len(found)} claims, {sum(each['cpu'] for each in found):.0f} CPU seconds")
    return int(not is_good)


if __name__ == "__main__":
    sys.exit(main())
