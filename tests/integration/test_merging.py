"""Questions for logs of many EMCs are one question, whose answer is parted again."""

from typing import Any

import msgspec
import pytest

from emc.chain import merging
from emc.rpc.http import Request
from emc.rpc.refusal import Refused

ALL = {"fromBlock": "0x1", "toBlock": "0x9"}
ONE, TWO = (f"0x{each:040X}" for each in (0xAB, 0xCD))
TOPICS = [f"0x{each:064x}" for each in (0xAB, 0xCD)]
TABLE = ["0x" + "11" * 20]


def own(emc: str, **more: Any) -> Request:
    return Request("eth_getLogs", [{**ALL, "address": [emc], "topics": [], **more}])


def about(topic: str, **more: Any) -> Request:
    return Request("eth_getLogs", [{**ALL, "address": TABLE, "topics": [None, topic], **more}])


def log(address: str, *topics: str, data: str = "0x") -> dict[str, Any]:
    return {"address": address.lower(), "topics": ["0x" + "77" * 32, *topics], "data": data}


def asked(requests: list[Request], answers: list[Any]) -> list[Any]:
    """What each question is answered with, where the node gives these answers."""
    groups = merging.groups(requests)
    found: dict[int, Any] = {}
    for group, answer in zip(groups, answers, strict=True):
        said = answer if isinstance(answer, Refused) else msgspec.Raw(msgspec.json.encode(answer))
        for place, part in zip(group.places, group.parts(said), strict=True):
            found[place] = part if isinstance(part, Refused) else msgspec.json.decode(part)
    return [found[place] for place in range(len(requests))]


def test_what_differs_by_emc_alone_is_one_question() -> None:
    call = Request("eth_call", [{"to": ONE}, "latest"])
    requests = [own(ONE), about(TOPICS[0]), call, own(TWO), about(TOPICS[1])]
    groups = merging.groups(requests)
    assert [each.request for each in groups] == [
        Request("eth_getLogs", [{**ALL, "address": [ONE.lower(), TWO.lower()], "topics": []}]),
        Request("eth_getLogs", [{**ALL, "address": TABLE, "topics": [None, TOPICS]}]),
        call,
    ]
    first, second, third = log(ONE), log(TWO, data="0x01"), log(ONE, data="0x02")
    told = log(TABLE[0], TOPICS[1].upper().replace("X", "x"))
    found = asked(requests, [[first, second, third], [told], "0x05"])
    assert found == [[first, third], [], "0x05", [second], [told]]


@pytest.mark.parametrize(
    "other",
    [
        own(TWO, toBlock="0xa"),
        own(TWO, topics=[TOPICS[0]]),
        own(TWO, address=[ONE, TWO]),
        about(TOPICS[1]),
    ],
)
def test_what_differs_by_more_stays_apart(other: Request) -> None:
    assert [each.request for each in merging.groups([own(ONE), other])] == [own(ONE), other]


@pytest.mark.parametrize(
    "answer",
    [
        Refused("query returned more than 10000 results"),
        [log("0x" + "99" * 20)],
        [{"address": ONE}],
        ["no log"],
        {"no": "list"},
        "text",
    ],
)
def test_an_answer_that_cannot_be_parted_is_none_for_anybody(answer: Any) -> None:
    assert all(isinstance(each, Refused) for each in asked([own(ONE), own(TWO)], [answer]))


def test_a_log_without_the_topic_is_none_that_was_asked_for() -> None:
    found = asked([about(TOPICS[0]), about(TOPICS[1])], [[log(TABLE[0])]])
    assert all(isinstance(each, Refused) for each in found)


def test_null_is_no_logs() -> None:
    assert asked([own(ONE), own(TWO)], [None]) == [[], []]
