"""Every event of every contract is read as it was encoded, and what is cut off is not."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from emc import artifacts
from emc.chain import decoding

EVENTS = [
    (contract, item)
    for contract in artifacts.NAMES
    for item in artifacts.load(contract)["abi"]
    if item["type"] == "event"
]


def values(item: Mapping[str, Any]) -> st.SearchStrategy[Any]:
    """What a type may hold, as this project reads it."""
    kind = item["type"]
    if kind.endswith("]"):
        inner, _, count = kind.rpartition("[")
        size = int(count[:-1]) if count != "]" else None
        each = values({**item, "type": inner})
        return st.lists(each, min_size=size or 0, max_size=3 if size is None else size)
    if kind == "tuple":
        names = [each["name"] for each in item["components"]]
        found = st.tuples(*map(values, item["components"]))
        return found.map(lambda each: dict(zip(names, each, strict=True)))
    if kind == "address":
        raw = st.binary(min_size=20, max_size=20)
        return raw.map(to_checksum_address)
    return {
        "bool": st.booleans(),
        "bytes": st.binary(max_size=70),
        "bytes32": st.binary(min_size=32, max_size=32),
        "string": st.text(max_size=40),
    }.get(kind) or st.integers(0, 2 ** int(kind[4:] or 256) - 1)


def name(item: Mapping[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(map(name, item['components']))}){kind[5:]}"


def positional(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(map(positional, value.values()))
    return list(map(positional, value)) if isinstance(value, list) else value


@given(st.data())
def test_every_event_is_read_as_it_was_encoded(data: st.DataObject) -> None:
    contract, item = data.draw(st.sampled_from(EVENTS))
    args = {each["name"]: data.draw(values(each)) for each in item["inputs"]}
    topics, body = logged(contract, item, args)
    assert decoding.events(contract)[topics[0]].args(topics, body) == args
    if len(body) > 2:
        cut = body[: 2 + 2 * data.draw(st.integers(0, (len(body) - 4) // 2))]
        # bytes that only fill up the last word may be missing
        with suppress(ValueError):
            assert decoding.events(contract)[topics[0]].args(topics, cut) == args


def logged(
    contract: str, item: Mapping[str, Any], args: Mapping[str, Any]
) -> tuple[list[str], str]:
    known = decoding.events(contract)
    first = next(topic for topic, event in known.items() if event.name == item["name"])
    indexed = [each for each in item["inputs"] if each["indexed"]]
    plain = [each for each in item["inputs"] if not each["indexed"]]
    topics = ["0x" + encode([name(each)], [args[each["name"]]]).hex() for each in indexed]
    body = encode(
        [name(each) for each in plain], [positional(args[each["name"]]) for each in plain]
    )
    return [first, *topics], "0x" + body.hex()


@pytest.mark.parametrize(
    ("topics", "data", "why"),
    [
        ([], "0x", "0 topics"),
        (["0x", "0x" + "ff" * 32], "0x" + "00" * 288 + f"{0:064x}", "more than 20 bytes"),
        (["0x", "0x" + "00" * 32], "0x" + "ff" * 320, "end too early"),
        (["0x", "0x" + "00" * 32], "0x" + "00" * 31, "end too early"),
    ],
)
def test_what_is_no_event_is_said_to_be_none(topics: list[str], data: str, why: str) -> None:
    payout = next(e for e in decoding.events("EMC").values() if e.name == "Payout")
    with pytest.raises(ValueError, match=why):
        payout.args(topics, data)
