"""What carries many questions at once to the chain that one is connected to."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from emc.chain.logs import LogCache
from emc.rpc.http import Answer, Http, Request, Transport
from emc.rpc.refusal import Meaning, Patience, Refused, meaning, say_wait, words

if TYPE_CHECKING:
    from emc.chain.edge import Chain

# how the embedded chain says that a call was executed and failed
_REVERTS = ("ContractLogicError", "ContractCustomError", "ContractPanicError", "TransactionFailed")


def transport(chain: "Chain") -> Transport:
    """In batches where the node is reached over HTTP, else one question after the other."""
    web3 = chain.provider.web3
    if chain.is_embedded:
        return Embedded(web3, chain.log_cache)
    # ape may keep several ways to one node
    way = getattr(web3.provider, "_active_provider", None) or web3.provider
    if not hasattr(way, "endpoint_uri"):
        return OneByOne(web3.provider.make_request)
    headers = dict(way.get_request_kwargs()).get("headers", {})
    return Http(str(way.endpoint_uri), headers=headers, patience=Patience(tell=say_wait))


class _Inside:
    """What needs no connection of its own."""

    async def __aenter__(self) -> "_Inside":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Each question's answer, in the order of the questions."""
        return [self._answer(*request) for request in requests]

    def _answer(self, method: str, params: list[Any]) -> Answer:
        raise NotImplementedError


class OneByOne(_Inside):
    """A node over a socket.

    Args:
        make_request: Of web3, guarded (`emc.chain.answers`): it has asked as often as may help.
    """

    def __init__(self, make_request: Callable[[Any, Any], Any]) -> None:
        self.make_request = make_request

    def _answer(self, method: str, params: list[Any]) -> Answer:
        found = self.make_request(method, params)
        if found.get("error") is None:
            return msgspec.Raw(msgspec.json.encode(_plain(found["result"])))
        code, said = words(found["error"])
        return Refused(said, meaning(method, code, said))


class Embedded(_Inside):
    """The chain that lives in this process, asked as if it were a node."""

    def __init__(self, web3: Any, cache: LogCache | None = None) -> None:
        self.web3, self.log_cache = web3, cache or LogCache()

    def _answer(self, method: str, params: list[Any]) -> Answer:
        eth = self.web3.eth
        at = int(params[-1], 16) if len(params) == 2 and isinstance(params[-1], str) else None
        known: dict[str, Callable[[], Any]] = {
            "eth_chainId": lambda: eth.chain_id,
            "eth_blockNumber": lambda: eth.block_number,
            "eth_getBlockByNumber": lambda: eth.get_block(int(params[0], 16)),
            "eth_getBalance": lambda: eth.get_balance(params[0], at),
            "eth_getCode": lambda: eth.get_code(params[0], at),
            "eth_call": lambda: eth.call(params[0], at),
            "eth_getLogs": lambda: self._logs(params[0]),
            "eth_getTransactionByHash": lambda: eth.get_transaction(params[0]),
            "eth_getTransactionReceipt": lambda: eth.get_transaction_receipt(params[0]),
        }
        if method not in known:
            return Refused(f"the method {method} does not exist", Meaning.UNSUPPORTED)
        # whatever it raises is its way to say no
        try:
            return msgspec.Raw(msgspec.json.encode(_plain(known[method]())))
        except Exception as error:
            _, said = words(str(error))
            is_answer = type(error).__name__ in _REVERTS and method == "eth_call"
            return Refused(said, Meaning.REVERTED if is_answer else meaning(method, 0, said))

    def _logs(self, query: Mapping[str, Any]) -> list[Any]:
        first, last = (int(query[name], 16) for name in ("fromBlock", "toBlock"))
        return self.log_cache.matching(
            self.web3.eth, query["address"], query["topics"], first, last
        )


def _plain(value: Any) -> Any:
    """A value as a node would write it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value]
