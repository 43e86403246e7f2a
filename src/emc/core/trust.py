"""EigenTrust over all revealed ratings, from a stated set of MEs that are trusted from the start.

A rating counts with the mean of its criteria, less three stars: above is praise, below is blame.
What i thinks of j is the sum over all EMCs; local trust is praise that is left, divided by all the
praise that i gives. Trust then is what reaches an ME when the seeds' trust is handed on again and
again: ``t = (1 - d) * p + d * transpose(C) * t``, where ``p`` is one part for each seed, ``C`` is
local trust and ``d`` the damping. Who praises nobody hands its trust back to the seeds. So trust
comes from the seeds alone: MEs that only praise each other have none, however many they are and
however often they do it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import rfc8785
from eth_utils.crypto import keccak

from emc.core.ratings import Vector, mean
from emc.errors import EMCError

if TYPE_CHECKING:
    import igraph

DAMPING = Decimal("0.85")
NEUTRAL = 3
# the mean of one to four criteria is a whole number of twelfths
TWELFTHS = 12

FORMULAE = (
    "one rating   mean of its criteria - 3 stars",
    "s(i, j)      sum of i's ratings of j over all EMCs",
    "c(i, j)      max(s(i, j), 0) / sum over k of max(s(i, k), 0); the seeds' if i praises nobody",
    "trust        t(j) = (1 - d) * p(j) + d * sum over i of c(i, j) * t(i); p = 1 / seeds for a "
    "seed, else 0",
)


@dataclass(frozen=True)
class Rated:
    """One ME's stars for another, in one EMC."""

    emc: str
    rater: int
    ratee: int
    vector: Vector


@dataclass(frozen=True)
class Score:
    """An ME's trust, and how many MEs praise and blame it."""

    me: int
    trust: float
    praised_by: int
    blamed_by: int
    is_seed: bool


@dataclass(frozen=True)
class Ring:
    """MEs that praise each other, directly or in a circle, and get no trust from any seed.

    Args:
        is_closed: Whether they praise nobody else.
    """

    members: tuple[int, ...]
    emcs: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True)
class Trust:
    """The trust of all MEs, highest first.

    Args:
        inputs: Keccak-256 of all inputs; equal inputs give equal results.
    """

    seeds: tuple[int, ...]
    damping: Decimal
    ratings: int
    inputs: bytes
    scores: tuple[Score, ...]
    rings: tuple[Ring, ...]


def eigentrust(
    ratings: Iterable[Rated],
    seeds: Iterable[int],
    *,
    damping: Decimal = DAMPING,
    source: Mapping[str, str] | None = None,
) -> Trust:
    """Everybody's trust.

    Args:
        source: Where the ratings come from, such as chain and registry; part of the inputs.

    Raises:
        EMCError: no seeds, or a damping outside 0 to 1.
    """
    given = sorted(
        ratings, key=lambda each: (each.emc.lower(), each.rater, each.ratee, each.vector)
    )
    chosen = tuple(sorted(set(seeds)))
    if not chosen:
        raise EMCError("no seed is given", "name at least one ME with --seed")
    if not (damping.is_finite() and 0 < damping < 1):
        raise EMCError(f"the damping {damping} is not between 0 and 1", "write for example 0.85")
    opinions = _opinions(given)
    mes = sorted({*chosen, *(me for pair in opinions for me in pair)})
    graph = _praise(mes, opinions)
    place = {me: index for index, me in enumerate(mes)}
    values = graph.personalized_pagerank(
        damping=float(damping),
        reset=[int(me in chosen) for me in mes],
        weights="weight" if graph.ecount() else None,
        implementation="prpack",
    )
    reached = {each for me in chosen for each in graph.subcomponent(place[me], mode="out")}
    scores = [
        Score(
            me=me,
            # exactly none where no praise leads
            trust=values[place[me]] if place[me] in reached else 0.0,
            praised_by=sum(other == me and s > 0 for (_, other), s in opinions.items()),
            blamed_by=sum(other == me and s < 0 for (_, other), s in opinions.items()),
            is_seed=me in chosen,
        )
        for me in mes
    ]
    return Trust(
        seeds=chosen,
        damping=damping,
        ratings=len(given),
        inputs=inputs(given, chosen, damping, source or {}),
        scores=tuple(sorted(scores, key=lambda each: (-round(each.trust, 9), each.me))),
        rings=_rings(graph, mes, reached, given),
    )


def inputs(
    ratings: Sequence[Rated], seeds: Sequence[int], damping: Decimal, source: Mapping[str, str]
) -> bytes:
    """Keccak-256 of everything that the answer depends on, as RFC 8785 JSON."""
    document: dict[str, Any] = {
        "source": dict(source),
        "seeds": [str(me) for me in seeds],
        "damping": str(damping.normalize()),
        # ME ids as text: they may be larger than JSON numbers are exact
        "ratings": [
            [each.emc.lower(), str(each.rater), str(each.ratee), *each.vector] for each in ratings
        ],
    }
    return keccak(rfc8785.dumps(document))


def _opinions(ratings: Iterable[Rated]) -> dict[tuple[int, int], int]:
    """What each thinks of another, in twelfths of stars above or below neutral."""
    found: dict[tuple[int, int], int] = defaultdict(int)
    for each in ratings:
        stars = mean(each.vector)
        if stars is not None and each.rater != each.ratee:
            found[each.rater, each.ratee] += int((stars - NEUTRAL) * TWELFTHS)
    return found


def _praise(mes: Sequence[int], opinions: Mapping[tuple[int, int], int]) -> "igraph.Graph":
    """Who praises whom, and how much."""
    place = {me: index for index, me in enumerate(mes)}
    praise = [(pair, s) for pair, s in sorted(opinions.items()) if s > 0]
    import igraph

    return igraph.Graph(
        n=len(mes),
        edges=[(place[rater], place[ratee]) for (rater, ratee), _ in praise],
        directed=True,
        edge_attrs={"weight": [s for _, s in praise]},
    )


def _rings(
    graph: "igraph.Graph", mes: Sequence[int], reached: set[int], ratings: Sequence[Rated]
) -> tuple[Ring, ...]:
    found = []
    for component in graph.connected_components(mode="strong"):
        inside = set(component)
        # trust that reaches one of a strong component reaches all of it
        if len(inside) < 2 or inside & reached:
            continue
        members = {mes[index] for index in inside}
        outward = {edge.target for index in inside for edge in graph.vs[index].out_edges()} - inside
        emcs = {each.emc for each in ratings if {each.rater, each.ratee} <= members}
        found.append(Ring(tuple(sorted(members)), tuple(sorted(emcs)), not outward))
    return tuple(sorted(found, key=lambda ring: ring.members))
