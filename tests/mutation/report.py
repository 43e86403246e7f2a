"""The table of mutants: found or not by file, and each survivor with its reason."""

import tomllib
from typing import Any

from tests.mutation.targets import ROOT, SETS
from tests.mutation.verdicts import Verdict, scores

PAGE = ROOT / "docs" / "proof.md"
REASONS = ROOT / "tests" / "mutation" / "survivors.toml"
MARKS = "<!-- mutants -->\n", "<!-- end of mutants -->\n"
# why a mutant survived: it does the same as the source, or a test is missing
KINDS = ("same", "missing")


def reasons() -> dict[tuple[str, str, str], dict[str, str]]:
    """What is said of survivors, by path, line before and line after."""
    said = tomllib.loads(REASONS.read_text()).get("survivor", [])
    return {(each["path"], each["before"], each["after"]): each for each in said}


def summary(found: dict[str, list[Verdict]], seed: int) -> dict[str, Any]:
    """Scores, survivors and what is not explained, as JSON.

    Args:
        found: Verdicts by set.
        seed: Of the sample.
    """
    known = reasons()
    same = {key for key, each in known.items() if each["kind"] == "same"}
    every = [each for verdicts in found.values() for each in verdicts]
    survivors = [each for each in every if each.verdict == "survived"]
    unexplained = [each for each in survivors if (each.path, each.before, each.after) not in known]
    files = scores(every, same)
    return {
        "seed": seed,
        "sample": {
            name: {"run": sum(each.run for each in scores(verdicts, same)), "of": SETS[name]}
            for name, verdicts in found.items()
        },
        "seconds": round(sum(each.seconds for each in every)),
        "files": [{**vars(each), "percent": round(each.percent, 1)} for each in files],
        "survivors": [vars(each) for each in survivors],
        "unexplained": [vars(each) for each in unexplained],
    }


def _rows(said: dict[str, Any]) -> list[list[str]]:
    """The cells of the table, the sums in the last row."""
    files = said["files"]
    names = ("run", "found", "explained", "survived", "dropped")
    for each in files:
        each["run"] = each["found"] + each["survived"]
    total = {name: sum(each[name] for each in files) for name in names}
    possible = total["run"] - total["explained"]
    total |= {"path": "all", "percent": round(100 * total["found"] / (possible or 1), 1)}
    return [
        [
            each["path"] if each is total else f"`{each['path']}`",
            *(str(each[name]) for name in ("run", "found", "explained")),
            str(each["survived"] - each["explained"]),
            str(each["dropped"]),
            f"{each['percent']} %",
        ]
        for each in [*files, total]
    ]


def text(said: dict[str, Any]) -> str:
    """The summary for people."""
    lines = [f"seed {said['seed']}, {said['seconds']} CPU seconds"]
    lines += [f"{name}: {each['run']} of {each['of']}" for name, each in said["sample"].items()]
    lines += ["run  found  same  survived  dropped  score"]
    lines += ["  ".join([*cells, path]) for path, *cells in _rows(said)]
    for each in said["unexplained"]:
        lines += [f"survived without a reason: {each['path']}:{each['line']} ({each['kind']})"]
        lines += [f"    {each['before']}", f"  > {each['after']}"]
    return "\n".join(lines)


def write(said: dict[str, Any]) -> None:
    """Put the table into its page."""
    before, _, rest = PAGE.read_text().partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    head = "| file | run | found | do the same | survived | dropped | score |\n"
    table = head + "|---|---|---|---|---|---|---|\n"
    table += "".join(f"| {' | '.join(cells)} |\n" for cells in _rows(said))
    parts = [
        f"the first {each['run']} of {each['of']} of the {name}"
        for name, each in said["sample"].items()
    ]
    table += f"\nSeed {said['seed']}; {', '.join(parts)}; {said['seconds']:,} CPU seconds.\n"
    PAGE.write_text(before + MARKS[0] + table + MARKS[1] + after)
