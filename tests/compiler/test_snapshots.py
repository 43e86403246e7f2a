"""What must not change unannounced: ABI, selectors, storage and size of every deployed contract.

`make snapshots` writes them anew; a change of them belongs in the same commit as its reason.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from eth_utils.abi import abi_to_signature, event_abi_to_log_topic, function_abi_to_4byte_selector

from emc import artifacts

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
LIMIT = 24_576
CONTRACTS = [name for name in artifacts.NAMES if name != "Token"]


def snapshot(name: str) -> dict[str, Any]:
    artifact = artifacts.load(name)
    functions = [each for each in artifact["abi"] if each["type"] == "function"]
    logs = [each for each in artifact["abi"] if each["type"] == "event"]
    return {
        "bytes": (len(artifact["runtime"]) - 2) // 2,
        "functions": {
            abi_to_signature(each): {
                "selector": "0x" + function_abi_to_4byte_selector(each).hex(),
                "mutability": each["stateMutability"],
                "outputs": [output["type"] for output in each["outputs"]],
            }
            for each in sorted(functions, key=abi_to_signature)
        },
        "events": {
            abi_to_signature(each): {
                "topic": "0x" + event_abi_to_log_topic(each).hex(),
                "fields": [
                    f"{field['name']}{' indexed' if field['indexed'] else ''}"
                    for field in each["inputs"]
                ],
            }
            for each in sorted(logs, key=abi_to_signature)
        },
        "layout": artifact["layout"],
    }


@pytest.mark.parametrize("name", CONTRACTS)
def test_nothing_about_a_contract_changes_unannounced(name: str) -> None:
    path = SNAPSHOTS / f"{name}.json"
    text = json.dumps(snapshot(name), indent=1) + "\n"
    if os.environ.get("SNAPSHOTS") == "write":
        path.write_text(text)
    assert path.exists(), "run `make snapshots`"
    assert json.loads(path.read_text()) == json.loads(text), "run `make snapshots` and say why"


@pytest.mark.parametrize("name", CONTRACTS)
def test_every_contract_stays_fifteen_percent_below_the_size_limit(name: str) -> None:
    assert snapshot(name)["bytes"] <= LIMIT * 85 // 100


def test_every_deployed_contract_has_an_artifact() -> None:
    sources = (Path(__file__).parents[2] / "contracts").glob("*.vy")
    assert {source.stem for source in sources} == set(CONTRACTS)
