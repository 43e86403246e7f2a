"""Which node the audit asks: one by its URL, or whatever ape knows by a network's name."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec

from emc.chain.logs import LogCache
from emc.cli.shared import options
from emc.errors import EMCError
from emc.rpc.http import Answer, Http, Request, Transport
from emc.rpc.refusal import Meaning, Patience, Refused, meaning, say_wait, words

# how the embedded chain says that a call was executed and failed
_REVERTS = ("ContractLogicError", "ContractCustomError", "ContractPanicError", "TransactionFailed")


class Embedded:
    """The chain that lives in this process, asked as if it were a node."""

    def __init__(self, web3: Any, cache: LogCache | None = None) -> None:
        self.web3, self.log_cache = web3, cache or LogCache()

    async def __aenter__(self) -> "Embedded":
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def ask(self, requests: Sequence[Request]) -> list[Answer]:
        """Each question's answer, in the order of the questions."""
        return [self._answer(*request) for request in requests]

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


def source_options(command: Any) -> Any:
    """`--rpc` and `--network`: where the chain is read."""
    command = options.network("local")(command)
    return click.option(
        "--rpc", metavar="URL", help="A node's address; instead of --network.", envvar="EMC_RPC"
    )(command)


@contextmanager
def transport(rpc: str | None, network: str) -> Iterator[Transport]:
    """What carries questions to the node that was named.

    Raises:
        EMCError: there is none of that name.
    """
    if rpc is not None:
        yield Http(rpc, patience=Patience(tell=say_wait))
        return
    from emc.chain.edge import connect

    with connect(network) as chain:
        if chain.is_embedded:
            yield Embedded(chain.provider.web3, chain.log_cache)
            return
        uri = getattr(chain.provider, "http_uri", None) or getattr(chain.provider, "uri", None)
        if not uri:
            raise EMCError(f"ape tells no address of {network!r}", "name the node with --rpc")
        yield Http(str(uri), patience=Patience(tell=say_wait))
