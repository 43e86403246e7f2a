from dataclasses import replace
from pathlib import Path
from typing import Any

import boa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emc.core.problems import Problem
from emc.core.terms import (
    NATIVE,
    Assessment,
    Bar,
    Gate,
    Goal,
    Kind,
    Leaving,
    Measure,
    Metric,
    Renegotiation,
    Review,
    Row,
    Terms,
)
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files.canvas import Canvas, CanvasErrors, load
from emc.files.compile import (
    Label,
    NodeParty,
    Parties,
    PartiesErrors,
    compile_terms,
    labels,
    load_parties,
    placeholder_parties,
)
from tests.canvas.kit import SMALL, SMART_COOKING, canvas, tree, with_, write
from tests.kit import World, address
from tests.profiles import effort

NOW = 1_800_000_000
DAY = 86_400


def parties(**changes: Any) -> Parties:
    """The small canvas's: the cook has a higher ME id than the rider."""
    values = {
        "chain_id": 31337,
        "currency": address("token"),
        "backstop": address("backstop"),
        "nodes": {
            "baker": {"me": 7, "payee": address("baker")},
            "cook": {"me": 9, "payee": address("cook")},
            "rider": {"me": 3, "payee": address("rider")},
        },
        "beneficiaries": {"lake": {"controller": address("lake keeper"), "payee": address("lake")}},
    }
    return Parties.model_validate({**values, **changes})


def test_terms_hold_every_number_of_the_canvas() -> None:
    made = compile_terms(canvas(), parties(), now=NOW, nonce=5)
    assert made == Terms(
        canvas=canvas().hash(),
        backstop=address("backstop"),
        starts_at=NOW,
        ends_at=NOW + 90 * DAY,
        goal=Goal((Measure(Metric.PROCEEDS, 100_000, 200_000),), NOW + 60 * DAY, Gate.BENCHMARK),
        rows=(
            Row(
                0, 7, address("baker"), 500_000, 450_000, 400_000, 300_000, 600_000, 200_000, 10_000
            ),
            Row(1, 3, address("rider"), 150_000, 200_000, 250_000, 100_000, 300_000),
            Row(2, 9, address("cook"), 300_000, 300_000, 300_000, 200_000, 400_000),
            Row(3, address("lake keeper"), address("lake"), *[50_000] * 5),
        ),
        currency=address("token"),
        kind=Kind.EXPERIENCE,
        sink=3,
        nonce=5,
        renegotiation=Renegotiation(600_000, 7 * DAY),
        leaving=Leaving(7 * DAY, 3 * DAY, 500_000, 50_000),
        assessment=Assessment(NATIVE, 7 * DAY, 500_001, 14 * DAY),
        review=Review(7 * DAY, 7 * DAY),
    )


def test_terms_survive_the_way_through_the_contract() -> None:
    made = compile_terms(canvas(), parties(), now=NOW)
    assert Terms.from_packed(made.head(), made.packed_rows()) == made


def test_the_leader_comes_first_and_the_others_ascend_by_me() -> None:
    assert labels(canvas(), parties()) == [
        Label(0, "baker", "Baker", "leader"),
        Label(1, "rider", "Rider", "delivery"),
        Label(2, "cook", "Cook", "salads"),
        Label(3, "lake", "Clean lake", "beneficiary"),
    ]


@pytest.mark.parametrize(("key", "row"), [("baker", 0), ("rider", 1), ("cook", 2), ("lake", 3)])
def test_the_sink_is_the_row_of_its_key(key: str, row: int) -> None:
    made = canvas(with_(("sink: lake", f"sink: {key}")))
    assert compile_terms(made, parties(), now=NOW).sink == row


def test_a_fixed_start_does_not_move_with_the_clock() -> None:
    made = canvas(with_(("start: now", "start: 2027-06-01T08:00:00+08:00")))
    terms = compile_terms(made, parties(), now=NOW)
    assert terms.starts_at == 1_811_808_000
    assert terms.ends_at == 1_811_808_000 + 90 * DAY
    assert replace(terms, nonce=1) == compile_terms(made, parties(), now=NOW + 1, nonce=1)


def test_a_bar_is_bound_to_its_registry_and_currency() -> None:
    text = with_(
        (
            "rules:",
            "rules:\n  bar:\n    {stars: 3.75, emcs: 2, proceeds: 0.5, admits_unrated: true, "
            "currency: {symbol: ETH, decimals: 18}}",
        )
    )
    bound = parties(registry=address("registry"), bar_currency="native", assessor=address("judge"))
    terms = compile_terms(canvas(text), bound, now=NOW)
    assert terms.bar == Bar(address("registry"), 375, 2, 5 * 10**17, NATIVE, True)
    assert terms.assessment.assessor == address("judge")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"nodes": {"baker": {"me": 7, "payee": address("x")}}}, "nodes.cook is in the canvas"),
        ({"beneficiaries": {}}, "beneficiaries.lake is in the canvas and not bound"),
        ({"backstop": address("cook")}, "nodes.cook.payee is the backstop"),
        ({"currency": address("cook")}, "nodes.cook.payee is the currency itself"),
        ({"currency": address("backstop")}, "backstop is the currency itself"),
        ({"currency": address("lake")}, "beneficiaries.lake.payee is the currency itself"),
        ({"currency": "native"}, "native coin has 18 decimals, the canvas counts in 2"),
        ({"registry": address("registry")}, "registry or bar_currency is given"),
        ({"bar_currency": "native"}, "registry or bar_currency is given"),
    ],
)
def test_parties_that_do_not_fit_the_canvas_are_refused(
    changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(EMCError) as caught:
        compile_terms(canvas(), parties(**changes), now=NOW)
    assert message in str(caught.value)


def test_strangers_and_doubles_among_the_parties_are_all_named() -> None:
    nodes = dict(parties().nodes)
    nodes["cook"] = NodeParty(me=7, payee=address("cook"))
    nodes["thief"] = NodeParty(me=8, payee=address("thief"))
    with pytest.raises(EMCError) as caught:
        compile_terms(canvas(), parties().model_copy(update={"nodes": nodes}), now=NOW)
    assert str(caught.value).splitlines()[1:] == [
        "  nodes.thief is bound and not in the canvas",
        "  nodes.cook.me is also that of nodes.baker: one row per ME",
    ]


def test_a_registry_that_is_only_said_to_be_deployed_is_refused() -> None:
    rated = canvas(with_(("rules:", "rules:\n  bar: {stars: 3, admits_unrated: true}")))
    with pytest.raises(EMCError) as caught:
        compile_terms(rated, parties(registry="deployed"), now=NOW)
    assert "registry: deployed stands for an address" in str(caught.value)


def test_a_bar_without_a_registry_is_refused() -> None:
    bar = "rules:\n  bar: {stars: 3, admits_unrated: true, currency: {symbol: X, decimals: 1}}"
    with pytest.raises(EMCError) as caught:
        compile_terms(canvas(with_(("rules:", bar))), parties(), now=NOW)
    assert "registry is missing" in str(caught.value)
    assert "bar_currency is missing" in str(caught.value)


def test_a_canvas_whose_end_has_passed_is_refused() -> None:
    made = canvas(with_(("start: now", "start: 2020-01-01T00:00:00Z")))
    with pytest.raises(CanvasErrors, match="end: is in the past"):
        compile_terms(made, parties(), now=NOW)


def test_a_canvas_that_was_never_checked_is_checked() -> None:
    unchecked = Canvas.model_validate(tree(with_(("sink: lake", "sink: sea"))))
    with pytest.raises(CanvasErrors, match="no row has the key 'sea'"):
        compile_terms(unchecked, parties(), now=NOW)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            address("cook"),
            address("cook").lower(),
            6,
            "is not a checksummed address; compare it with",
        ),
        (
            address("cook"),
            address("cook").swapcase().replace("X", "x"),
            6,
            "a character or its case",
        ),
        (address("cook"), address("cook")[:-1], 6, "is not written as it must be"),
        (address("backstop"), NATIVE, 3, "is the zero address"),
        ("me: 9", "me: 0", 6, "'0' is too small"),
        ("me: 9", "me: '9'", 6, "'9' is not a whole number"),
        ("chain_id: 31337", "chain: 1", 1, "did you mean chain_id?"),
        ("{me: 9, ", "{", 6, "is missing; it says: the ME id in the registry"),
    ],
)
def test_a_parties_file_is_read_as_strictly_as_a_canvas(
    tmp_path: Path, old: str, new: str, line: int, message: str
) -> None:
    text = _parties_file()
    assert old in text
    with pytest.raises(PartiesErrors) as caught:
        load_parties(write(tmp_path, text.replace(old, new)))
    assert f"line {line}: " in str(caught.value)
    assert message in str(caught.value)


def test_a_parties_file_is_read(tmp_path: Path) -> None:
    assert load_parties(write(tmp_path, _parties_file())) == parties()


def test_parties_survive_json() -> None:
    given_ = parties(assessor=address("judge"))
    assert Parties.model_validate(given_.model_dump(mode="json", exclude_none=True)) == given_


def _parties_file() -> str:
    return (
        "chain_id: 31337\n"
        f"currency: {address('token')}\n"
        f"backstop: {address('backstop')}\n"
        "nodes:\n"
        f"  baker: {{me: 7, payee: {address('baker')}}}\n"
        f"  cook: {{me: 9, payee: {address('cook')}}}\n"
        f"  rider: {{me: 3, payee: {address('rider')}}}\n"
        "beneficiaries:\n"
        f"  lake: {{controller: {address('lake keeper')}, payee: {address('lake')}}}\n"
    )


# the same rules on chain


def registered(world: World, made: Canvas, token: str) -> Parties:
    """Parties who exist: the leader registered last, so that its id is the highest."""
    world.register(max(0, len(made.nodes) - len(world.nodes)))
    mes = [node.me for node in world.nodes[: len(made.nodes)]][::-1]
    placeholder = placeholder_parties(made)
    nodes = {
        key: NodeParty(me=me, payee=party.payee)
        for (key, party), me in zip(placeholder.nodes.items(), mes, strict=True)
    }
    return placeholder.model_copy(update={"nodes": nodes, "currency": token})


@pytest.mark.parametrize("name", ["small", "smart-cooking"])
def test_the_contract_accepts_what_compile_makes(world: World, name: str) -> None:
    made = canvas() if name == "small" else load(SMART_COOKING)
    token = world.token(made.money.decimals)
    terms = compile_terms(
        made, registered(world, made, token.address), now=boa.env.timestamp, nonce=3
    )
    at = world.consent.check(terms.head(), terms.packed_rows())
    assert at == world.address_of(terms)
    assert world.consent.terms_hash(terms.head(), terms.packed_rows()) == terms.hash()


# of each finding of the canvas, the reason for which the contract refuses
REASONS = {
    "above its upper": "terms: share outside bounds",
    "below its lower": "terms: share outside bounds",
    "lower bound": "terms: share outside bounds",
    "shares sum to": "terms: shares are not one",
    "bounds sum to": "terms: shares are not one",
    "running costs sum": "terms: running cost takes all",
    "covered only at": "terms: costs above benchmark",
    "is not above benchmark": "terms: target below benchmark",
    "not after the start": "terms: deadline before start",
    "after the end": "terms: deadline after end",
    "in the past": "terms: already over",
    "nobody would have to agree": "terms: quorum impossible",
    "no row has the key": "terms: no such sink",
    "is more than": "terms: amount too large",
    "too far": "terms: end too far",
}
_MAX = "396140812571321687967719751.67"
_BEYOND = "396140812571321687967719751.68"


# values on both sides of every limit
LIMITS: list[tuple[tuple[str | int, ...], list[str]]] = [
    (("nodes", 1, "share", "lower"), ["20", "30", "30.0001", "41"]),
    (("nodes", 0, "share", "upper"), ["60", "50", "49.9999"]),
    (("nodes", 0, "share", "leading"), ["45", "44.9999", "45.0001"]),
    (("nodes", 0, "running_cost"), ["0", "90", "90.0001", "99.9999", "100"]),
    (("nodes", 1, "running_cost"), ["0", "70", "70.0001", "80"]),
    (("nodes", 0, "cost_cover"), ["800", "800.01", "0", _BEYOND]),
    (("leading_goal", "benchmark"), ["0", "125", "124.99", "1999.99", "2000"]),
    (("leading_goal", "target"), ["1000", "1000.01", _MAX, _BEYOND]),
    (("leading_goal", "deadline"), ["0s", "1s", "90d", "7776001s"]),
    (("disburse_at",), ["0", "10", _MAX, _BEYOND]),
    (("end",), ["60d", "5183999s", "12000000d", "12725829d"]),
    (("rules", "renegotiation", "quorum"), ["0.0001", "0", "100"]),
    (("rules", "leaving", "expulsion"), ["0.0001", "0", "100"]),
    (("sink",), ["baker", "sea"]),
]


def put(data: dict[str, Any], path: tuple[str | int, ...], value: str) -> None:
    at: Any = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Small canvases, each with at most a few numbers that may break a rule."""
    data = tree()
    moved = draw(st.integers(-2, 2))
    data["nodes"][0]["share"]["base"] = 50 + moved
    data["nodes"][2]["share"]["base"] = 15 - draw(st.sampled_from([moved, moved, moved, 0]))
    for path, values in draw(st.lists(st.sampled_from(LIMITS), max_size=3)):
        put(data, path, draw(st.sampled_from(values)))
    return data


def as_terms(data: dict[str, Any], world: World, token: str, now: int) -> Terms:
    """The same table, written down without any of the canvas's code."""

    def ppm(text: Any) -> int:
        return round(float(text) * 10_000)

    def cents(text: Any) -> int:
        whole, _, part = str(text).partition(".")
        return int(whole) * 100 + int(f"{part}00"[:2])

    def seconds(text: str) -> int:
        return int(text[:-1]) * {"s": 1, "d": DAY}[text[-1]]

    rows = []
    keys = [row["key"] for row in [*data["nodes"], *data["beneficiaries"]]]
    for index, row in enumerate([*data["nodes"], *data["beneficiaries"]]):
        share = row["share"]
        if isinstance(share, int):
            share = {"all": share, "lower": share, "upper": share}
        base, leading, upside = (
            ppm(share.get(name, share.get("all"))) for name in ("base", "leading", "upside")
        )
        rows.append(
            Row(
                index,
                world.nodes[index].me if index < 3 else address("keeper"),
                address(row["key"]),
                base,
                leading,
                upside,
                ppm(share["lower"]),
                ppm(share["upper"]),
                ppm(row.get("running_cost", 0)),
                cents(row.get("cost_cover", 0)),
            )
        )
    goal = data["leading_goal"]
    return Terms(
        canvas=b"\1" * 32,
        backstop=address("backstop"),
        starts_at=now,
        ends_at=now + seconds(data["end"]),
        goal=Goal(
            (Measure(Metric.PROCEEDS, cents(goal["benchmark"]), cents(goal["target"])),),
            now + seconds(goal["deadline"]),
            Gate.BENCHMARK,
        ),
        rows=tuple(rows),
        currency=token,
        sink=keys.index(data["sink"]) if data["sink"] in keys else 4,
        disburse_at=cents(data.get("disburse_at", 0)),
        renegotiation=Renegotiation(ppm(data["rules"]["renegotiation"]["quorum"])),
        leaving=Leaving(expulsion=ppm(data["rules"]["leaving"]["expulsion"])),
    )


@pytest.fixture
def token(world: World) -> str:
    """A token that every example of one test finds."""
    return str(world.token(2).address)


@pytest.mark.parametrize(
    ("path", "value"), [(path, value) for path, values in LIMITS for value in values]
)
def test_canvas_and_contract_draw_every_limit_in_the_same_place(
    world: World, token: str, path: tuple[str | int, ...], value: str
) -> None:
    data = tree()
    put(data, path, value)
    check_agreement(world, token, data)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=effort(2))
@given(data=tables())
def test_canvas_and_contract_refuse_the_same_tables_for_the_same_reasons(
    world: World, token: str, data: dict[str, Any]
) -> None:
    check_agreement(world, token, data)


def check_agreement(world: World, token: str, data: dict[str, Any]) -> None:
    """The canvas finds nothing and the contract accepts, or the contract's reason is found."""
    now = boa.env.timestamp
    found = set()
    for each in refusals(data, now):
        (reason,) = {reason for part, reason in REASONS.items() if part in each.message}
        found.add(reason)
    terms = as_terms(data, world, token, now)
    if not found:
        world.consent.check(terms.head(), terms.packed_rows())
        return
    with pytest.raises(boa.BoaError) as caught:
        world.consent.check(terms.head(), terms.packed_rows())
    assert caught.value.stack_trace.last_frame.pretty_vm_reason in found


def refusals(data: dict[str, Any], now: int) -> list[Problem]:
    try:
        Canvas.from_document(data, now=now)
    except CanvasErrors as error:
        return error.problems
    return []


def test_placeholders_keep_the_order_of_the_canvas() -> None:
    made = canvas()
    assert [label.key for label in labels(made, placeholder_parties(made))] == [
        row.key for row in made.rows
    ]
    assert (
        sum(row.base for row in compile_terms(made, placeholder_parties(made), now=0).rows) == PPM
    )


def test_the_small_canvas_is_what_these_tests_believe() -> None:
    assert len(SMALL.splitlines()) == 44
