"""What a program reads of a contract costs a node as little as can be."""

import json

import pytest

from emc.chain.edge import connect
from tests.integration.commands import LOCAL, Desk

pytestmark = pytest.mark.anvil


def test_a_view_is_one_request(desk: Desk, asked_of_nodes: list[str]) -> None:
    rows = desk.bundle("picnic").terms.rows
    with connect(LOCAL[1]) as chain:
        agreement = chain.contract("EMC", desk.read(desk.file("picnic"))["emc"])
        # that it has code is asked once
        assert agreement.epoch() == 1
        asked_of_nodes.clear()
        assert [agreement.payee_of(row.id) for row in rows] == [row.payee for row in rows]
    assert [json.loads(each)["method"] for each in asked_of_nodes] == ["eth_call"] * len(rows)
