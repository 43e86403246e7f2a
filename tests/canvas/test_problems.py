from pathlib import Path

import pytest

from emc.errors import EMCError
from emc.files.canvas import CanvasErrors, load
from tests.canvas.kit import SMALL, problems, with_, write

NODE = """\
  - key: guest{i}
    name: Guest
    role: guest
    obligations: [comes]
    expected_performance: [stays]
    share: 0
"""


@pytest.mark.parametrize(
    ("old", "new", "line", "where", "message", "hint"),
    [
        # fields
        ("title: Picnic\n", "", 1, "title", "is missing", "name of the EMC"),
        ("title: Picnic", "title:", 1, "title", "is empty", "name of the EMC"),
        ("title: Picnic", "title: 2026", 1, "title", "'2026' is not text", "quotes"),
        ("title: Picnic", "title: ' '", 1, "title", "is empty", "name of the EMC"),
        ("Picnic", "P" * 241, 1, "title", "is longer than 240 characters", "shorten"),
        ("title:", "titel: x\ntitle:", 1, "titel", "is not a field here", "did you mean title?"),
        (
            "kind: experience",
            "kind: shop",
            4,
            "kind",
            "'shop' is unknown",
            "'experience' or 'solution'",
        ),
        (
            "{symbol: EUR, decimals: 2}",
            "EUR",
            5,
            "currency",
            "is not a set of fields",
            "one currency",
        ),
        ("symbol: EUR", "symbol: E U", 5, "currency.symbol", "'E U' is not written", "such as CNY"),
        (
            "decimals: 2",
            "decimals: 2.5",
            5,
            "currency.decimals",
            "'2.5' is not a whole",
            "for example",
        ),
        ("decimals: 2", "decimals: 37", 5, "currency.decimals", "'37' is too large", "at most 36"),
        ("decimals: 2", "decimals: -1", 5, "currency.decimals", "'-1' is too small", "at least 0"),
        (
            "gate: benchmark",
            "gate: never",
            12,
            "leading_goal.gate",
            "'never' is unknown",
            "'target'",
        ),
        (
            "gate: benchmark",
            "gate: none\n  ends_emc: 3",
            13,
            "leading_goal.ends_emc",
            "'3' is neither",
            "t",
        ),
        ("[bakes]", "bakes", 19, "nodes[0].obligations", "is not a list", "dash"),
        ("[bakes]", "[]", 19, "nodes[0].obligations", "has 0, and needs at least 1", "add"),
        (
            "[bakes]",
            f"[{'b, ' * 17}]",
            19,
            "nodes[0].obligations",
            "more than 16 entries",
            "shorten",
        ),
        ("[bakes]", "[bakes, 3]", 19, "nodes[0].obligations[1]", "'3' is not text", "quotes"),
        (
            "key: cook",
            "key: The Cook",
            24,
            "nodes[1].key",
            "'The Cook' is not written",
            "small letters",
        ),
        (
            "key: baker",
            "key: b\n    colour: red",
            17,
            "nodes[0].colour",
            "is not a field here",
            "role",
        ),
        # values
        (
            "benchmark: 1000",
            "benchmark: lots",
            8,
            "leading_goal.benchmark",
            "'lots' is not an",
            "1250",
        ),
        (
            "benchmark: 1000",
            "benchmark: -1",
            8,
            "leading_goal.benchmark",
            "'-1' is not an amount",
            "w",
        ),
        (
            "benchmark: 1000",
            "benchmark: 1e3",
            8,
            "leading_goal.benchmark",
            "'1e3' is not an amount",
            "w",
        ),
        (
            "benchmark: 1000",
            "benchmark: true",
            8,
            "leading_goal.benchmark",
            "'True' is not an",
            "write",
        ),
        (
            "benchmark: 1000",
            "benchmark: 1,00",
            8,
            "leading_goal.benchmark",
            "'1,00' is not an",
            "10,0",
        ),
        (
            "benchmark: 1000",
            "benchmark: 10.001",
            8,
            "leading_goal.benchmark",
            "'10.001' has more decimals than EUR",
            "at most 2 decimals",
        ),
        (
            "cost_cover: 100",
            "cost_cover: 0.001",
            23,
            "nodes[0].cost_cover",
            "has more decimals than EUR",
            "at m",
        ),
        (
            "target: 2000",
            "target: 396140812571321687967719752",
            9,
            "leading_goal.target",
            "396140812571321687967719752 is more than an EMC can count",
            "at most 396,140,812,571,321,687,967,719,751.67 EUR",
        ),
        (
            "running_cost: 20",
            "running_cost: 120",
            22,
            "nodes[0].running_cost",
            "between 0 and 100",
            "1",
        ),
        (
            "running_cost: 20",
            "running_cost: -1",
            22,
            "nodes[0].running_cost",
            "'-1' is not a perc",
            "12",
        ),
        (
            "running_cost: 20",
            "running_cost: 1.00001",
            22,
            "nodes[0].running_cost",
            "too many decimals",
            "four",
        ),
        (
            "share: 5\n",
            "share: five\n",
            40,
            "beneficiaries[0].share",
            "'five' is not a perce",
            "12.5",
        ),
        (
            "share: 5\n",
            "share:\n",
            40,
            "beneficiaries[0].share",
            "is empty",
            "one number",
        ),
        ("all: 30", "all: x", 29, "nodes[1].share", "'x' is not a percentage", "12.5"),
        (
            "all: 30",
            "all: 30, base: 3",
            29,
            "nodes[1].share",
            "has both all and base",
            "write all, or",
        ),
        (
            "all: 30",
            "base: 30, upside: 30",
            29,
            "nodes[1].share.leading",
            "is missing",
            "benchmark and target",
        ),
        (", upper: 40}", "}", 29, "nodes[1].share.upper", "is missing", "largest share"),
        (
            "quorum: 60",
            "quorum: 0",
            43,
            "rules.renegotiation.quorum",
            "nobody would have",
            "above 0",
        ),
        (
            "expulsion: 50",
            "expulsion: 0",
            44,
            "rules.leaving.expulsion",
            "nobody would have",
            "above 0",
        ),
        (
            "quorum: 60",
            "quorum: 100.1",
            43,
            "rules.renegotiation.quorum",
            "between 0 and 100",
            "12.5",
        ),
        (
            "quorum: 60, interval: 7d",
            "quorum: 60}\n  review: {commit: 23h, reveal: 1d",
            44,
            "rules.review.commit",
            "23h is too short",
            "1d to 365d",
        ),
        (
            "quorum: 60, interval: 7d",
            "quorum: 60}\n  review: {commit: 1d, reveal: 366d",
            44,
            "rules.review.reveal",
            "366d is too long",
            "1d to 365d",
        ),
        (
            "quorum: 60, interval: 7d",
            "quorum: 60}\n  review: {commit: 0, reveal: 365d",
            44,
            "rules.review",
            "one of commit and reveal is 0",
            "1d to 365d",
        ),
        ("notice: 7d", "notice: 7", 44, "rules.leaving.notice", "'7' is not a span of time", "14d"),
        (
            "notice: 7d",
            "notice: 50000d",
            44,
            "rules.leaving.notice",
            "'50000d' is too long",
            "49710d",
        ),
        (
            "start: now",
            "start: later",
            13,
            "start",
            "'later' is not a moment",
            "now, or a date-time",
        ),
        ("start: now", "start: 2027-01-01", 13, "start", "'2027-01-01' is not a moment", "zone"),
        ("start: now", "start: 2027-02-30T00:00:00Z", 13, "start", "no such time", "date-time"),
        ("start: now", "start: 1969-02-01T00:00:00Z", 13, "start", "before 1970", "no chain"),
        ("end: 90d", "end: 90", 14, "end", "'90' is not a moment", "365d"),
        ("end: 90d", "end: 9999999999w", 14, "end", "'9999999999w' is too long", "at most"),
        (
            "rules:",
            "rules:\n  bar: {stars: 6, admits_unrated: true}",
            43,
            "rules.bar.stars",
            "rating",
            "3.75",
        ),
        (
            "rules:",
            "rules:\n  bar: {stars: 5.5, admits_unrated: true}",
            43,
            "rules.bar.stars",
            "rating",
            "at",
        ),
        (
            "rules:",
            "rules:\n  bar: {proceeds: 0.001, admits_unrated: true}",
            43,
            "rules.bar.proceeds",
            "has more decimals than EUR",
            "at most 2",
        ),
        # the table
        (
            "key: cook",
            "key: baker",
            24,
            "nodes[1].key",
            "'baker' is also nodes[0].key",
            "its own key",
        ),
        ("key: rider", "key: cook", 30, "nodes[2].key", "'cook' is also nodes[1].key", "its own"),
        (
            "sink: lake",
            "sink: sea",
            41,
            "sink",
            "no row has the key 'sea'",
            "name the key of a row",
        ),
        (
            "lower: 20, upper: 40",
            "lower: 40, upper: 20",
            29,
            "nodes[1].share",
            "lower bound 40% is above upper bound 20%",
            "swap",
        ),
        (
            "upper: 60}",
            "upper: 48}",
            21,
            "nodes[0].share.base",
            "base share 50% is above its upper bound 48%",
            "set the share to 48% or the bound to 50%",
        ),
        (
            "lower: 30, upper: 60",
            "lower: 42, upper: 60",
            21,
            "nodes[0].share.upside",
            "upside share 40% is below its lower bound 42%",
            "set the share to 42% or the bound to 40%",
        ),
        (
            "leading: 20",
            "leading: 21.5",
            15,
            "nodes",
            "leading shares sum to 101.5%, 1.5% too much",
            "for example leading of 'baker' from 45% to 43.5%",
        ),
        (
            "base: 15",
            "base: 10",
            15,
            "nodes",
            "base shares sum to 95%, 5% too little",
            "for example base of 'rider' from 10% to 15%",
        ),
        # the money
        (
            "target: 2000",
            "target: 1000.00",
            9,
            "leading_goal.target",
            "target 1,000.00 EUR is not above benchmark 1,000.00 EUR",
            "above the industry average",
        ),
        (
            "cost_cover: 100",
            "cost_cover: 801",
            8,
            "leading_goal.benchmark",
            "cost covers of 801.00 EUR with running costs of 20% are covered only at 1,001.25 EUR "
            "of proceeds, above the benchmark 1,000.00 EUR",
            "raise the benchmark to that, or cut the covers to 800.00 EUR",
        ),
        (
            "running_cost: 20",
            "running_cost: 100",
            15,
            "nodes",
            "running costs sum to 100%: nothing is left to share",
            "the largest is 'baker'",
        ),
        # the time
        (
            "deadline: 60d",
            "deadline: 0",
            10,
            "leading_goal.deadline",
            "is not after the start",
            "time",
        ),
        (
            "deadline: 60d",
            "deadline: 91d",
            10,
            "leading_goal.deadline",
            "is after the end",
            "end later",
        ),
    ],
)
def test_a_problem_says_where_what_and_how_to_mend_it(
    tmp_path: Path, old: str, new: str, line: int, where: str, message: str, hint: str
) -> None:
    found = problems(tmp_path, with_((old, new)))
    assert [(each.line, each.where) for each in found] == [(line, where)]
    assert message in found[0].message
    assert hint in found[0].hint


def test_the_small_canvas_has_no_problem(tmp_path: Path) -> None:
    assert problems(tmp_path, SMALL, now=1_800_000_000) == []


def test_every_problem_is_found_in_one_look(tmp_path: Path) -> None:
    text = with_(
        ("kind: experience", "kind: shop"),
        ("target: 2000", "target: 10"),
        ("upper: 60}", "upper: 45}"),
        ("leading: 20", "leading: 19"),
        ("end: 90d", "end: 9d"),
        ("sink: lake", "sink: sea"),
        ("key: cook", "key: baker"),
        ("quorum: 60", "quorum: 0"),
    )
    assert [(each.line, each.where) for each in problems(tmp_path, text)] == [
        (4, "kind"),
        (9, "leading_goal.target"),
        (10, "leading_goal.deadline"),
        (15, "nodes"),
        (21, "nodes[0].share.base"),
        (24, "nodes[1].key"),
        (41, "sink"),
        (43, "rules.renegotiation.quorum"),
    ]


def test_the_message_counts_and_lists_the_problems(tmp_path: Path) -> None:
    path = write(tmp_path, with_(("title: Picnic\n", ""), ("kind: experience", "kind: shop")))
    with pytest.raises(CanvasErrors) as caught:
        load(path)
    first, *others = str(caught.value).splitlines()
    assert first == f"{path}: 2 problems"
    assert others == [
        "  line 1: title: is missing; it says: name of the EMC",
        "  line 3: kind: 'shop' is unknown; write 'experience' or 'solution'",
    ]


def test_bounds_that_no_shares_can_keep_are_found(tmp_path: Path) -> None:
    high = with_(("all: 30, lower: 20, upper: 40", "all: 30, lower: 30, upper: 40"))
    high = high.replace("lower: 30, upper: 60", "lower: 40, upper: 60")
    high = high.replace("base: 15, leading: 20, upside: 25, lower: 10", "all: 25, lower: 25.5")
    messages = [each.message for each in problems(tmp_path, high)]
    assert "lower bounds sum to 100.5%, 0.5% too much: no shares can keep them" in messages
    (hint,) = [each.hint for each in problems(tmp_path, high) if "lower bounds" in each.message]
    assert hint == "for example lower of 'baker' from 40% to 39.5%"

    low = with_(
        ("upper: 60", "upper: 20"), ("upper: 40", "upper: 30"), ("upper: 30}\nb", "upper: 25}\nb")
    )
    (found,) = [each for each in problems(tmp_path, low) if "upper bounds" in each.message]
    assert found.message == "upper bounds sum to 80%, 20% too little: no shares can keep them"
    assert found.hint == "for example upper of 'lake' from 5% to 25%"


def test_a_suggestion_that_would_take_many_changes_only_says_how_much(tmp_path: Path) -> None:
    text = with_(
        ("base: 50, leading: 45, upside: 40, lower: 30", "all: 50, lower: 49"),
        ("all: 30, lower: 20", "all: 40, lower: 39"),
        ("base: 15, leading: 20, upside: 25, lower: 10", "all: 20, lower: 19"),
    )
    hints = {each.hint for each in problems(tmp_path, text)}
    assert "lower base in several rows by 15% together" in hints


def test_a_table_holds_two_nodes_and_64_rows(tmp_path: Path) -> None:
    more = "".join(NODE.format(i=i) for i in range(60))
    assert problems(tmp_path, with_(("beneficiaries:", f"{more}beneficiaries:"))) == []
    more += NODE.format(i=60)
    (found,) = problems(tmp_path, with_(("beneficiaries:", f"{more}beneficiaries:")))
    assert found.message == "65 nodes and beneficiaries together, a table holds 64"
    start, end = SMALL.index("  - key: cook"), SMALL.index("beneficiaries:")
    alone = problems(tmp_path, SMALL[:start] + SMALL[end:])
    assert "has 1, and needs at least 2" in [each.message for each in alone]


def test_a_beneficiary_cannot_share_a_key_with_a_node(tmp_path: Path) -> None:
    found = problems(tmp_path, with_(("key: lake", "key: cook"), ("sink: lake", "sink: cook")))
    assert [(each.line, each.where) for each in found] == [(37, "beneficiaries[0].key")]


def test_an_end_in_the_past_is_found_when_the_clock_is_known(tmp_path: Path) -> None:
    text = with_(("start: now", "start: 2020-01-01T00:00:00Z"))
    assert problems(tmp_path, text) == []
    (found,) = problems(tmp_path, text, now=1_800_000_000)
    assert (found.line, found.where, found.message) == (14, "end", "is in the past")
    end = 1_577_836_800 + 90 * 86_400
    assert problems(tmp_path, text, now=end - 1) == []
    assert len(problems(tmp_path, text, now=end)) == 1


def test_spans_and_dates_can_be_mixed(tmp_path: Path) -> None:
    text = with_(("end: 90d", "end: 2027-01-01T00:00:00Z"))
    new_year = 1_798_761_600
    assert problems(tmp_path, text) == []
    assert problems(tmp_path, text, now=new_year - 60 * 86_400) == []
    (found,) = problems(tmp_path, text, now=new_year - 60 * 86_400 + 1)
    assert (found.where, found.message) == ("leading_goal.deadline", "is after the end")


ASSESSED = (
    ("unit: EUR of baskets", "metric: users\n  unit: users of baskets"),
    ("rules:\n", "rules:\n  assessment: {window: 2d, grace: 26d}\n"),
)


def test_an_assessed_goal_leaves_time_for_two_windows_after_the_last_value(
    tmp_path: Path,
) -> None:
    assert problems(tmp_path, with_(*ASSESSED)) == []
    (found,) = problems(tmp_path, with_(*ASSESSED, ("end: 90d", "end: 89d")))
    assert (found.line, found.where) == (44, "rules.assessment")
    assert found.message == (
        "grace 26d and two windows of 2d after the deadline reach beyond the end"
    )
    assert found.hint == "end 1d later, or shorten them"
    # proceeds need no such time
    assert problems(tmp_path, with_(ASSESSED[1], ("end: 90d", "end: 89d"))) == []


def test_an_end_beyond_what_the_chain_can_count_is_found(tmp_path: Path) -> None:
    last = ("end: 90d", "end: 12725829d")
    assert problems(tmp_path, with_(last)) == []
    (found,) = problems(tmp_path, with_(last), now=1_800_000_000)
    assert (found.line, found.where, found.message) == (14, "end", "is too far away")


def test_a_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(EMCError, match=r"nowhere\.yaml: No such file or directory"):
        load(tmp_path / "nowhere.yaml")
    with pytest.raises(EMCError, match="Is a directory"):
        load(tmp_path)


def test_a_rule_that_cannot_be_asked_yet_is_not_guessed(tmp_path: Path) -> None:
    found = problems(tmp_path, with_(("leading: 20", "leading: x")))
    assert [each.where for each in found] == ["nodes[2].share.leading"]
