"""What a node may answer: an answer that is none becomes a refusal before anything is made of it.

Nodes are strangers, too: a truncated, foreign or endless answer must end in words.
"""

import re
from collections.abc import Callable
from typing import Any

MAX_DATA = 2**21
MAX_LOGS = 200_000
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LATEST = 2**40

Check = Callable[[Any], bool]


def fault(method: str, answer: Any) -> str:
    """Why an answer is none; empty if it is one, or nothing is known of the method."""
    if not isinstance(answer, dict):
        return f"the answer to {method} is not JSON-RPC"
    if answer.get("error") is not None:
        return "" if _is_error(answer["error"]) else f"the error of {method} is none"
    if "result" not in answer:
        return f"the answer to {method} has no result"
    check = _SHAPES.get(method)
    if check is None or check(answer["result"]):
        return ""
    return f"the result of {method} is not what it should be"


def guarded(ask: Callable[..., Any]) -> Callable[..., Any]:
    """The same request, with a refusal in place of an answer that is none."""

    def guard(method: Any, params: Any) -> Any:
        try:
            answer = ask(method, params)
        except (ValueError, TypeError, RecursionError, KeyError) as error:
            # not even JSON
            answer, why = None, f"the answer to {method} cannot be read: {type(error).__name__}"
        else:
            why = fault(str(method), answer)
        if not why:
            return answer
        return {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": why}}

    return guard


def guard(provider: Any) -> None:
    """Guard everything that a web3 provider is asked from now on."""
    if "make_request" in vars(provider):
        return
    provider.make_request = guarded(provider.make_request)
    # what was made from the unguarded one
    provider._request_func_cache = (None, None)


def _matches(pattern: re.Pattern[str], limit: int = 80) -> Check:
    def check(value: Any) -> bool:
        return (
            isinstance(value, str) and len(value) <= limit and pattern.fullmatch(value) is not None
        )

    return check


_is_quantity = _matches(_QUANTITY)
_is_hash = _matches(_HASH)
_is_address = _matches(_ADDRESS)
_is_data = _matches(_DATA, MAX_DATA)


def _is_error(value: Any) -> bool:
    if not isinstance(value, dict):
        return isinstance(value, str)
    message, code = value.get("message", ""), value.get("code", 0)
    return isinstance(message, str) and isinstance(code, int)


def _is_log(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and _is_address(value.get("address"))
        and isinstance(value.get("topics"), list)
        and 1 <= len(value["topics"]) <= 4
        and all(_is_hash(topic) for topic in value["topics"])
        and _is_data(value.get("data"))
        and all(_is_quantity(value.get(name)) for name in ("blockNumber", "logIndex"))
        and all(_is_hash(value.get(name)) for name in ("transactionHash", "blockHash"))
    )


def _are_logs(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MAX_LOGS and all(map(_is_log, value))


def _is_block(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(_is_quantity(value.get(name)) for name in ("number", "timestamp", "gasLimit"))
        and int(value["timestamp"], 16) < _LATEST
        and _is_hash(value.get("hash"))
        and _is_hash(value.get("parentHash"))
        and isinstance(value.get("transactions"), list)
    )


def _is_receipt(value: Any) -> bool:
    return value is None or (
        isinstance(value, dict)
        and all(_is_quantity(value.get(name)) for name in ("blockNumber", "gasUsed", "status"))
        and all(_is_hash(value.get(name)) for name in ("transactionHash", "blockHash"))
        and isinstance(value.get("logs"), list)
        and len(value["logs"]) <= MAX_LOGS
        and all(map(_is_log, value["logs"]))
    )


_SHAPES: dict[str, Check] = {
    **dict.fromkeys(
        (
            "eth_chainId",
            "eth_blockNumber",
            "eth_gasPrice",
            "eth_maxPriorityFeePerGas",
            "eth_estimateGas",
            "eth_getBalance",
            "eth_getTransactionCount",
        ),
        _is_quantity,
    ),
    **dict.fromkeys(("eth_getCode", "eth_getStorageAt"), _is_data),
    # every view that is called here answers something; libraries read nothing as zeros
    "eth_call": lambda value: _is_data(value) and value != "0x",
    **dict.fromkeys(("eth_sendRawTransaction", "eth_sendTransaction"), _is_hash),
    **dict.fromkeys(("eth_getBlockByNumber", "eth_getBlockByHash"), _is_block),
    "eth_getLogs": _are_logs,
    "eth_getTransactionReceipt": _is_receipt,
    "eth_accounts": lambda value: isinstance(value, list) and all(map(_is_address, value)),
    "web3_clientVersion": lambda value: isinstance(value, str) and len(value) <= 400,
}
