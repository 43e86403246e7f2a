"""The one builder of terms and rows that are written down, whether or not a chain is there.

What a test says nothing of is as plain as can be; what it does say stands where it says it.
"""

from typing import Any

from eth_utils import keccak, to_checksum_address

from emc.core.terms import Gate, Goal, Measure, Metric, Row, Terms
from emc.core.units import PPM

# of Consent's two arguments
TERMS_TYPE = (
    "(uint256,uint256,uint256,bytes32,address,address,uint256,uint256,uint256,uint256,"
    "((bytes32,uint256,uint256)[3],uint256,uint256,bool),"
    "(uint256,uint256,uint256,uint256),"
    "(uint256,uint256,uint256,uint256),"
    "(address,uint256,uint256,uint256),"
    "(uint256,uint256),"
    "(address,uint256,uint256,uint256,address,bool))"
)
ROW_TYPE = "(uint256,uint256,uint256)"
# fields that the goal has, or its only measure
_OF_MEASURE = ("metric", "benchmark", "target")
_OF_GOAL = ("deadline", "gate", "ends_emc", "measures")


def address(seed: str) -> str:
    """An address that nobody has the key of, the same in every run."""
    return to_checksum_address(keccak(text=seed)[12:])


def row(id: int, shares: int | tuple[int, int, int], **changes: Any) -> Row:
    """A node's row: ME and payee after its id, no costs, wide bounds.

    Args:
        shares: Ppm of base, leading and upside; one for all three.
    """
    base, leading, upside = (shares,) * 3 if isinstance(shares, int) else shares
    values: dict[str, Any] = {
        "party": id + 1,
        "payee": address(f"payee {id}"),
        "lower": 0,
        "upper": PPM,
    }
    return Row(id=id, base=base, leading=leading, upside=upside, **{**values, **changes})


def fund(id: int, share: int = 0, **changes: Any) -> Row:
    """A beneficiary's row, by default without shares."""
    values: dict[str, Any] = {"party": address("controller"), "payee": address("fund")}
    return row(id, share, **{**values, **changes})


def terms(rows: tuple[Row, ...], **changes: Any) -> Terms:
    """Terms that count proceeds, without times, gate and rules.

    `changes` replace fields of the terms, of their goal, or of the goal's only measure.
    """
    measure: dict[str, Any] = {"metric": Metric.PROCEEDS, "benchmark": 1_000, "target": 2_000}
    goal: dict[str, Any] = {"deadline": 0, "gate": Gate.NONE}
    for values, names in ((measure, _OF_MEASURE), (goal, _OF_GOAL)):
        values |= {name: changes.pop(name) for name in names if name in changes}
    goal.setdefault("measures", (Measure(**measure),))
    values = {
        "canvas": b"\1" * 32,
        "backstop": address("backstop"),
        "starts_at": 0,
        "ends_at": 0,
        "goal": Goal(**goal),
    }
    return Terms(rows=rows, **{**values, **changes})
