"""What a node may answer: what is no answer becomes a refusal before anything is made of it.

Nodes are strangers, too: a truncated, foreign or endless answer must end in words.

What is asked is guarded at the provider and not by a layer of web3's middleware, since ape passes
that by: of the 91 questions of `emc status` about one EMC, 52 go to the provider directly, and 22
of 24 calls of contracts are among them.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from emc.chain.quiet import replaced
from emc.errors import EMCError
from emc.rpc.refusal import Meaning, Patience, Refused, is_final, meaning, told_to_wait, words

MAX_DATA = 2**21
MAX_LOGS = 200_000
# how often a question is asked before a refusal counts, and seconds before it is asked again
TRIES = 3
PAUSE = 0.2
_QUANTITY = re.compile(r"0x[0-9a-fA-F]{1,64}")
_HASH = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_LATEST = 2**40

Check = Callable[[Any], bool]


def fault(method: str, answer: Any) -> str:
    """What is wrong with an answer; empty if nothing is, or the method is not known."""
    if not isinstance(answer, dict):
        return f"the answer to {method} is not JSON-RPC"
    if answer.get("error") is not None:
        return "" if _is_error(answer["error"]) else f"the error of {method} cannot be read"
    if "result" not in answer:
        return f"the answer to {method} has no result"
    check = _SHAPES.get(method)
    if check is None or check(answer["result"]):
        return ""
    return f"the result of {method} is not what it should be"


class Guarded:
    """The same request, asked as `emc.rpc.refusal` says; what is no answer becomes a refusal.

    Args:
        ask: What carries a request to the node.
        patience: How long a busy node is waited for.
    """

    def __init__(self, ask: Callable[..., Any], patience: Patience | None = None) -> None:
        self.ask, self.patience = ask, patience or Patience()
        # web3 asks for the chain before each call; it does not change
        self.chain_id: dict[str, Any] | None = None

    def __call__(self, method: Any, params: Any) -> Any:
        """The node's answer, or its refusal as JSON-RPC writes it.

        Raises:
            EMCError: the node is busy for longer than anybody waits.
            OSError: it cannot be reached.
        """
        if method == "eth_chainId" and self.chain_id is not None:
            return self.chain_id
        turn = 0
        while True:
            answer, refused, wait = self._once(str(method), params)
            if refused is None:
                self.patience.answered()
                if method == "eth_chainId":
                    self.chain_id = answer
                return answer
            if refused.meaning is Meaning.BUSY:
                seconds = self.patience.wait(wait)
                if seconds is None:
                    raise EMCError(f"the node answers too few requests: {refused.message}",
                                   refused.hint)  # fmt: skip
                time.sleep(seconds)
                continue
            turn += 1
            if method not in _READING or turn == TRIES or is_final(str(method), refused, turn - 1):
                return answer
            if refused.message == _EMPTY:
                # most likely so: once more is enough
                turn = TRIES - 1
                continue
            time.sleep(PAUSE * 2 ** (turn - 1))

    def _once(self, method: str, params: Any) -> tuple[Any, Refused | None, float | None]:
        """An answer, or a refusal as JSON-RPC writes it; what it means, and how long
        the node wants to be left alone.
        """
        from requests import HTTPError

        status, headers, why = 200, {}, ""
        try:
            answer = self.ask(method, params)
        except HTTPError as error:
            response = error.response
            status, headers = response.status_code, response.headers
            try:
                answer = response.json()
            except ValueError:
                answer = None
            if not isinstance(answer, dict) or answer.get("error") is None:
                # no more than its first line means anything
                why = f"HTTP {status}: {' '.join(response.text.split())[:80]}".rstrip(": ")
        except (ValueError, TypeError, RecursionError, KeyError) as error:
            # not even JSON
            answer, why = None, f"the answer to {method} cannot be read: {type(error).__name__}"
        if method == "eth_getLogs" and isinstance(answer, dict) and answer.get("result", 0) is None:
            # some nodes write null for none
            answer = {**answer, "result": []} if answer.get("error") is None else answer
        if method == "eth_call" and isinstance(answer, dict) and answer.get("result") == "0x":
            why = _EMPTY
        why = why or fault(method, answer)
        if not why and answer.get("error") is None:
            return answer, None, None
        told = answer.get("error") if isinstance(answer, dict) else None
        code, said = (0, why) if why else words(told)
        refused = Refused(said, meaning(method, code, said, status))
        if why:
            answer = {"jsonrpc": "2.0", "id": 0, "error": {"code": -32000, "message": why}}
        return answer, refused, told_to_wait(headers, told, time.time())


@contextmanager
def guarding(patience: Patience) -> Iterator[None]:
    """Guard whatever web3 provider is made inside."""
    from web3 import HTTPProvider

    plain = HTTPProvider.make_request

    def make_request(self: Any, method: Any, params: Any) -> Any:
        return Guarded(partial(plain, self), patience)(method, params)

    with replaced(HTTPProvider, "make_request", make_request):
        yield


def guard(provider: Any, patience: Patience | None = None) -> None:
    """Guard everything that a web3 provider is asked from now on."""
    if "make_request" in vars(provider):
        return
    # the one behind ape's; it would ask again by itself, whatever the answer was
    active = provider._get_active_provider(True) if hasattr(provider, "_active_provider") else None
    carrier = active or provider
    if hasattr(carrier, "exception_retry_configuration"):
        carrier.exception_retry_configuration = None
    if hasattr(carrier, "_request_session_manager"):
        uri = carrier.endpoint_uri
        _look_once(carrier._request_session_manager.cache_and_return_session(uri), uri)
    route(provider, Guarded(carrier.make_request, patience))


def _look_once(session: Any, url: str) -> None:
    """Look once for the proxies, certificates and password that the environment names for a node,
    and not with each request: that takes a third of the CPU time of one.

    Args:
        session: Of requests.
    """
    from requests.utils import get_netrc_auth

    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.auth = get_netrc_auth(url)
    session.trust_env = False


def route(provider: Any, ask: Callable[[Any, Any], Any]) -> None:
    """Have whatever a web3 provider is asked from now on go another way."""
    provider.make_request = ask
    # what it made from the way before
    provider._request_func_cache = (None, None)


_EMPTY = "eth_call is answered with nothing"


def is_reverted(error: BaseException) -> bool:
    """Whether what a library raised is the contract's answer: executed, and failed."""
    if any(kind.__name__ in _FAILED for kind in type(error).__mro__):
        return True
    told = getattr(error, "rpc_response", None)
    if not isinstance(told, dict) or told.get("error") is None:
        return False
    return meaning("eth_call", *words(told["error"])) is Meaning.REVERTED


def is_empty(error: BaseException) -> bool:
    """Whether a call went through and gave nothing."""
    return _EMPTY in str(error)


# web3 and ape, and the embedded chain
_FAILED = ("ContractLogicError", "TransactionFailed")


def _matches(pattern: re.Pattern[str], limit: int = 80) -> Check:
    def check(value: Any) -> bool:
        return (
            isinstance(value, str) and len(value) <= limit and pattern.fullmatch(value) is not None
        )

    return check


_is_quantity = _matches(_QUANTITY)
_is_hash = _matches(_HASH)
_is_address = _matches(_ADDRESS)


def _is_data(value: Any) -> bool:
    # much faster than a pattern, and there may be a hundred thousand of them
    if not isinstance(value, str) or len(value) > MAX_DATA or not value.startswith("0x"):
        return False
    try:
        return 2 * len(bytes.fromhex(value[2:])) + 2 == len(value)
    except ValueError:
        return False


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
# what may be asked twice without doing anything twice
_READING = {
    *(set(_SHAPES) - {"eth_sendRawTransaction", "eth_sendTransaction", "eth_estimateGas"}),
    "eth_getTransactionByHash",
}
