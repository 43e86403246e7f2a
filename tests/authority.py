"""What the tests of the rooms of the authority share: who signs what, after the first epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import boa
from boa.contracts.vyper.vyper_contract import VyperContract
from eth_utils import keccak

from emc.core import typed_data
from emc.core.terms import Metric, Row, Terms
from emc.core.typed_data import Act
from tests.kit import FAR, Node, World

Given = tuple[int, int, bytes]
# the submitter's number of an assessor
ASSESSOR = 128
CLAUSE = "obligations: delivers by the tenth"


def node_of(world: World, me: int) -> Node:
    """The node with this ME id."""
    return next(node for node in world.nodes if node.me == me)


def sign(node: Node, message: dict[str, Any]) -> bytes:
    """A signature by a node's key."""
    return bytes(node.key.sign_message(typed_data.signable(message)).signature)


def reshare(terms: Terms, shares: Sequence[int | tuple[int, int, int]]) -> Terms:
    """The terms with other shares: one number per row for every tranche, or three."""
    rows = []
    for row, share in zip(terms.rows, shares, strict=True):
        base, leading, upside = (share, share, share) if isinstance(share, int) else share
        rows.append(replace(row, base=base, leading=leading, upside=upside))
    return replace(terms, rows=tuple(rows))


def words(terms: Terms) -> list[int]:
    """The shares of terms as Changes takes them."""
    return [row.base << 56 | row.leading << 36 | row.upside << 16 for row in terms.rows]


def without(terms: Terms, row: int) -> Terms:
    """The terms after a node has left: its shares are the sink's; the first row follows a sink."""
    (gone,) = (each for each in terms.rows if each.id == row)
    rows = [each for each in terms.rows if each.id != row]
    sink = rows[0].id if terms.sink == row else terms.sink
    return replace(
        terms,
        sink=sink,
        rows=tuple(
            replace(
                each,
                base=each.base + gone.base,
                leading=each.leading + gone.leading,
                upside=each.upside + gone.upside,
            )
            if each.id == sink
            else each
            for each in rows
        ),
    )


def place_of(terms: Terms, row: int) -> int:
    """A row's place among the rows."""
    return [each.id for each in terms.rows].index(row)


def agreement(
    world: World,
    emc: VyperContract,
    terms: Terms,
    row: Row,
    *,
    epoch: int | None = None,
    deadline: int = FAR,
    by: Node | None = None,
    **changes: Any,
) -> Given:
    """A node's word on new terms that it is in."""
    node = by or node_of(world, int(row.party))
    message = typed_data.agreement(
        world.domain("Changes"),
        **{
            "emc": emc.address,
            "epoch": epoch or emc.epoch() + 1,
            "terms": terms,
            "row": row,
            "signer": node.account,
            "deadline": deadline,
            "nonce": world.changes.nonce_of(emc.address, node.account),
            "act": Act.RENEGOTIATION,
            **changes,
        },
    )
    return row.id, deadline, sign(node, message)


def departure(
    world: World, emc: VyperContract, terms: Terms, row: int, me: int, **changes: Any
) -> Given:
    """The word on new terms of a node that is not in them."""
    node = node_of(world, me)
    message = typed_data.departure(
        world.domain("Changes"),
        **{
            "emc": emc.address,
            "epoch": emc.epoch() + 1,
            "terms": terms,
            "row": row,
            "me": me,
            "signer": node.account,
            "deadline": FAR,
            "nonce": world.changes.nonce_of(emc.address, node.account),
            **changes,
        },
    )
    return row, FAR, sign(node, message)


def agreements(
    world: World,
    emc: VyperContract,
    terms: Terms,
    rows: Iterable[int] | None = None,
    act: Act = Act.RENEGOTIATION,
) -> list[Given]:
    """The word of the nodes in new terms, in the order of the rows; of all by default."""
    chosen = None if rows is None else set(rows)
    return [
        agreement(world, emc, terms, row, act=act)
        for row in terms.nodes
        if chosen is None or row.id in chosen
    ]


def amendments(
    world: World, emc: VyperContract, terms: Terms, rows: Iterable[int] | None = None
) -> list[Given]:
    """The same for terms that everybody agrees to."""
    return agreements(world, emc, terms, rows, Act.AMENDMENT)


def propose(
    world: World, emc: VyperContract, terms: Terms, new: Terms, row: int = 0, until: int = FAR
) -> None:
    """A node opens a renegotiation."""
    node = node_of(world, int(terms.rows[place_of(terms, row)].party))
    with boa.env.prank(node.account):
        world.changes.propose(
            emc.address, terms.head(), terms.packed_rows(), place_of(terms, row), words(new), until
        )


def renegotiate(
    world: World,
    emc: VyperContract,
    terms: Terms,
    new: Terms,
    given: list[Given] | None = None,
) -> Terms:
    """A stranger relays a renegotiation, by default signed by every node."""
    given = agreements(world, emc, new) if given is None else given
    with boa.env.prank(world.stranger):
        world.changes.renegotiate(emc.address, terms.head(), terms.packed_rows(), words(new), given)
    return new


def amend(
    world: World,
    emc: VyperContract,
    terms: Terms,
    new: Terms,
    given: list[Given] | None = None,
) -> Terms:
    """A stranger relays an amendment, by default signed by all who must: nodes before and after,
    and those that left and wait for money.
    """
    if given is None:
        given = amendments(world, emc, new)
        staying = {row.id for row in new.rows}
        leaving = {row.id: int(row.party) for row in terms.nodes if row.id not in staying}
        if touches(terms, new):
            leaving |= {row: emc.party_of(row) >> 96 for row in waiting(emc)}
        given += [departure(world, emc, new, row, leaving[row]) for row in sorted(leaving)]
    with boa.env.prank(world.stranger):
        world.changes.amend(
            emc.address, terms.head(), terms.packed_rows(), new.head(), new.packed_rows(), given
        )
    return new


def touches(old: Terms, new: Terms) -> bool:
    """Whether a change touches what is held for nodes that left."""

    def what(terms: Terms) -> tuple[Any, ...]:
        return (
            terms.goal,
            terms.assessment,
            terms.backstop,
            terms.starts_at,
            terms.ends_at,
            terms.leaving.margin,
        )

    return what(old) != what(new)


def waiting(emc: VyperContract) -> list[int]:
    """Ids of nodes that left and have money behind the gate."""
    bits = emc.waiting()
    return [row for row in range(128) if bits >> row & 1 and emc.party_of(row) & 1]


def as_node(world: World, terms: Terms, row: int) -> Any:
    """Act as the node of a row: a context manager."""
    party = terms.rows[place_of(terms, row)].party
    return boa.env.prank(world.registry.account_of(party))


def give_notice(world: World, emc: VyperContract, terms: Terms, row: int) -> None:
    """A node says that it will leave."""
    with as_node(world, terms, row):
        world.conduct.give_notice(
            emc.address, terms.head(), terms.packed_rows(), place_of(terms, row)
        )


def leave(world: World, emc: VyperContract, terms: Terms, row: int) -> Terms:
    """Notice is given and over, and a stranger lets the node go."""
    give_notice(world, emc, terms, row)
    boa.env.time_travel(seconds=terms.leaving.notice)
    with boa.env.prank(world.stranger):
        world.conduct.leave(emc.address, terms.head(), terms.packed_rows(), row)
    return without(terms, row)


def charge(
    world: World,
    emc: VyperContract,
    terms: Terms,
    accused: int,
    accuser: int = 0,
    clause: str = CLAUSE,
    evidence: bytes = bytes(32),
) -> None:
    """A node cites the clause that another broke."""
    with as_node(world, terms, accuser):
        world.conduct.charge(
            emc.address,
            terms.head(),
            terms.packed_rows(),
            place_of(terms, accuser),
            accused,
            clause,
            evidence,
        )


def drop(
    world: World,
    emc: VyperContract,
    terms: Terms,
    accused: int,
    accuser: int,
    clause: str = CLAUSE,
) -> None:
    """An accuser no longer stands by a charge."""
    place = place_of(terms, accuser)
    with as_node(world, terms, accuser):
        world.conduct.drop_charge(
            emc.address, terms.head(), terms.packed_rows(), place, accused, keccak(text=clause)
        )


def expulsion(
    world: World,
    emc: VyperContract,
    terms: Terms,
    row: int,
    accused: int,
    clause: str = CLAUSE,
    **changes: Any,
) -> Given:
    """A node's signed vote to expel another."""
    me = int(terms.rows[place_of(terms, row)].party)
    node = node_of(world, me)
    message = typed_data.expulsion(
        world.domain("Conduct"),
        **{
            "emc": emc.address,
            "epoch": emc.epoch(),
            "accused": accused,
            "charged": world.conduct.charge_of(emc.address, accused, keccak(text=clause))[0],
            "clause": clause,
            "row": row,
            "me": me,
            "signer": node.account,
            "deadline": FAR,
            "nonce": world.conduct.nonce_of(emc.address, node.account),
            **changes,
        },
    )
    return row, FAR, sign(node, message)


def expel(
    world: World,
    emc: VyperContract,
    terms: Terms,
    accused: int,
    given: list[Given] | None = None,
    clause: str = CLAUSE,
) -> Terms:
    """A stranger relays an expulsion, by default signed by all others."""
    if given is None:
        given = [
            expulsion(world, emc, terms, row.id, accused, clause)
            for row in terms.nodes
            if row.id != accused
        ]
    with boa.env.prank(world.stranger):
        world.conduct.expel(
            emc.address, terms.head(), terms.packed_rows(), accused, keccak(text=clause), given
        )
    return without(terms, accused)


def disbanding(
    world: World, emc: VyperContract, terms: Terms, row: int, me: int, **changes: Any
) -> Given:
    """A node's signed word to end the EMC."""
    node = node_of(world, me)
    message = typed_data.disbanding(
        world.domain("Conduct"),
        **{
            "emc": emc.address,
            "epoch": emc.epoch(),
            "terms": terms,
            "row": row,
            "me": me,
            "signer": node.account,
            "deadline": FAR,
            "nonce": world.conduct.nonce_of(emc.address, node.account),
            **changes,
        },
    )
    return row, FAR, sign(node, message)


def disband(
    world: World, emc: VyperContract, terms: Terms, given: list[Given] | None = None
) -> None:
    """A stranger relays a disbanding, by default signed by all who must."""
    if given is None:
        asked = {row.id: int(row.party) for row in terms.nodes}
        asked |= {row: emc.party_of(row) >> 96 for row in waiting(emc)}
        given = [disbanding(world, emc, terms, row, asked[row]) for row in sorted(asked)]
    with boa.env.prank(world.stranger):
        world.conduct.disband(emc.address, terms.head(), terms.packed_rows(), given)


def metric_of(terms: Terms) -> Metric:
    """What the goal counts, first of all what is assessed."""
    return (*terms.goal.assessed, *terms.goal.measures)[0].metric


def assess(
    world: World,
    emc: VyperContract,
    terms: Terms,
    amount: int,
    row: int = 0,
    measured_at: int | None = None,
    evidence: bytes = b"\7" * 32,
    metric: bytes | None = None,
) -> None:
    """A node submits a value of a measure of the leading goal, measured now."""
    with as_node(world, terms, row):
        world.goals.assess(
            emc.address,
            terms.head(),
            terms.packed_rows(),
            place_of(terms, row),
            metric or metric_of(terms),
            amount,
            boa.env.timestamp if measured_at is None else measured_at,
            evidence,
        )


def assessment(
    world: World,
    emc: VyperContract,
    terms: Terms,
    row: int,
    submitter: int = 0,
    metric: Metric | None = None,
    **changes: Any,
) -> Given:
    """A node's signed word that a value is final at once."""
    metric = metric or metric_of(terms)
    me = int(terms.rows[place_of(terms, row)].party)
    node = node_of(world, me)
    value = world.goals.open_value(emc.address, metric, submitter)
    message = typed_data.assessment(
        world.domain("Goals"),
        **{
            "emc": emc.address,
            "epoch": emc.epoch(),
            "metric": metric,
            "value": value.amount,
            "measured": value.measured_at,
            "evidence": value.evidence,
            "row": row,
            "me": me,
            "signer": node.account,
            "deadline": FAR,
            "nonce": world.goals.nonce_of(emc.address, node.account),
            **changes,
        },
    )
    return row, FAR, sign(node, message)


def finalise(
    world: World,
    emc: VyperContract,
    terms: Terms,
    submitter: int = 0,
    given: list[Given] | None = None,
    metric: bytes | None = None,
) -> None:
    """A stranger has a value counted."""
    metric = metric or metric_of(terms)
    with boa.env.prank(world.stranger):
        world.goals.finalise(
            emc.address, terms.head(), terms.packed_rows(), metric, submitter, given or []
        )
