"""Logs of a chain: of a node that answers only so much at once, and of the embedded chain."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from web3.types import LogReceipt

# blocks read so far, of how many
Told = Callable[[int, int], None]


@dataclass
class Reach:
    """The most blocks that a node took in one question; none: nothing was refused yet."""

    blocks: int | None = None


def read(
    ask: "Callable[[Any], list[LogReceipt]]",
    query: Mapping[str, Any],
    first: int,
    last: int,
    told: Told = lambda _done, _all: None,
    reach: Reach | None = None,
) -> "list[LogReceipt]":
    """Every log of a range of blocks, in the order of the chain.

    Providers bound the blocks or the logs of an answer, each in words of its own. So whatever is
    refused is asked again by halves; what is taken is the length of the parts that follow.

    Args:
        ask: `eth_getLogs`.
        query: What to look for, without the range.
        reach: What was learned of the node before; kept up to date.

    Raises:
        Web3Exception, OSError: a single block is refused, or the node cannot be reached.
    """
    from requests.exceptions import ConnectionError as Unreachable
    from requests.exceptions import RequestException
    from web3.exceptions import Web3Exception

    found: list[LogReceipt] = []
    reach = reach or Reach()
    at, span = first, min(last - first + 1, reach.blocks or last - first + 1)
    while at <= last:
        end = min(at + span - 1, last)
        try:
            found += ask({**query, "fromBlock": at, "toBlock": end})
        except Unreachable:
            raise
        except (Web3Exception, RequestException):
            if end == at:
                raise
            span = reach.blocks = (end - at + 1) // 2
            continue
        at = end + 1
        told(at - first, last - first + 1)
    return found


@dataclass
class Kept:
    """Logs of the embedded chain. It looks for every receipt from its newest block down, so none
    is read twice.
    """

    logs: "list[LogReceipt]" = field(default_factory=list)
    number: int = 0
    hash: Any = None

    def matching(self, eth: Any, addresses: list[str], topics: list[str | None]) -> "list[Any]":
        """The logs of some contracts, with some topics, up to the newest block."""
        newest = eth.get_block("latest")
        if self.number > newest["number"] or self.hash != eth.get_block(self.number)["hash"]:
            self.logs, self.number = [], -1
        if self.number < newest["number"]:
            blocks = {"fromBlock": self.number + 1, "toBlock": newest["number"]}
            self.logs += eth.get_logs(blocks)
        self.number, self.hash = newest["number"], newest["hash"]
        wanted = topics[1:]
        return [
            log
            for log in self.logs
            if log["address"] in addresses
            and [each.to_0x_hex() for each in log["topics"][1 : 1 + len(wanted)]] == wanted
        ]
