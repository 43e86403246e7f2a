"""Questions for logs that one question answers: the same, but about other EMCs.

A node looks through its blocks for each question, so that hundreds about one EMC each take it
hundreds of times as long as one about all of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from emc.rpc.http import Answer, Request
from emc.rpc.refusal import Refused

# by what the questions of a group differ, and all else that they ask
_Kind = tuple[str, bytes]


class Group(NamedTuple):
    """Questions that are asked as one.

    Args:
        places: Among all questions.
        values: What each of them is about, in lower case: an address, or the first topic.
        kind: Of which of both.
    """

    request: Request
    places: list[int]
    values: list[str]
    kind: str

    def parts(self, answer: Answer) -> list[Answer]:
        """The answer to each question. A node that gives what nobody asked for answers none."""
        if len(self.places) == 1 or isinstance(answer, Refused):
            return [answer] * len(self.places)
        found: dict[str, list[msgspec.Raw]] = {value: [] for value in self.values}
        try:
            for raw in msgspec.json.decode(answer, type=list[msgspec.Raw] | None) or []:
                log = msgspec.json.decode(raw, type=_Log)
                value = log.address if self.kind == "address" else log.topics[1]
                found[value.lower()].append(raw)
        except (msgspec.DecodeError, LookupError, UnicodeDecodeError):
            return [Refused("the logs are not those that were asked for")] * len(self.places)
        return [msgspec.Raw(msgspec.json.encode(found[value])) for value in self.values]


class _Log(msgspec.Struct):
    address: str
    topics: list[str]


def groups(requests: Sequence[Request]) -> list[Group]:
    """The questions to ask instead, each with the places of those that it answers."""
    seen: dict[_Kind, list[tuple[int, str]]] = {}
    for place, request in enumerate(requests):
        kind, value = _kind(request) or (("", str(place).encode()), "")
        seen.setdefault(kind, []).append((place, value))
    return [
        Group(
            _asked_for_all(requests[members[0][0]], kind, [value for _, value in members]),
            [place for place, _ in members],
            [value for _, value in members],
            kind,
        )
        for (kind, _), members in seen.items()
    ]


def _kind(request: Request) -> tuple[_Kind, str] | None:
    """What is the same in questions that can be asked as one, and what is this one's own; none if
    it cannot.
    """
    if request.method != "eth_getLogs":
        return None
    query = request.params[0]
    addresses, topics = query.get("address"), query.get("topics") or []
    if not topics and isinstance(addresses, list) and len(addresses) == 1:
        return _same("address", {**query, "address": None}), addresses[0].lower()
    if len(topics) > 1 and isinstance(topics[1], str):
        rest = [topics[0], None, *topics[2:]]
        return _same("topic", {**query, "topics": rest}), topics[1].lower()
    return None


def _same(kind: str, query: Mapping[str, Any]) -> _Kind:
    return kind, msgspec.json.encode(query, order="sorted")


def _asked_for_all(request: Request, kind: str, values: list[str]) -> Request:
    if len(values) == 1:
        return request
    query = request.params[0]
    if kind == "address":
        return Request(request.method, [{**query, "address": values}])
    first, _, *rest = query["topics"]
    return Request(request.method, [{**query, "topics": [first, values, *rest]}])
