"""Logs of a chain: of a node that answers only so much at once, and of the embedded chain."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from emc.rpc.refusal import words

# blocks read so far, of how many
Progress = Callable[[int, int], None]
# what stands at one place of a log's topics: any, this one, one of these
Topic = str | Sequence[str] | None


class Log(NamedTuple):
    """An event as a node gives it, addresses and topics in lower case."""

    address: str
    topics: list[str]
    data: str
    block: int
    place: int


def ask(make_request: Callable[[Any, Any], Any], query: Mapping[str, Any]) -> list[Log]:
    """`eth_getLogs`, without what web3 makes of every single log.

    Raises:
        Web3RPCError: the node refuses.
    """
    from web3.exceptions import Web3RPCError

    blocks = {name: hex(query[name]) for name in ("fromBlock", "toBlock")}
    answer = make_request("eth_getLogs", [{**query, **blocks}])
    if answer.get("error") is not None:
        raise Web3RPCError(words(answer["error"])[1], rpc_response=answer)
    return [
        Log(
            log["address"].lower(),
            [topic.lower() for topic in log["topics"]],
            log["data"],
            int(log["blockNumber"], 16),
            int(log["logIndex"], 16),
        )
        for log in answer["result"]
    ]


def plain(log: Any) -> Log:
    """A log of web3."""
    return Log(
        log["address"].lower(),
        [topic.to_0x_hex() for topic in log["topics"]],
        log["data"].to_0x_hex(),
        log["blockNumber"],
        log["logIndex"],
    )


@dataclass
class Reach:
    """The most blocks that a node took in one question; none: nothing was refused yet."""

    blocks: int | None = None


def read(
    ask: Callable[[Any], list[Log]],
    query: Mapping[str, Any],
    first: int,
    last: int,
    told: Progress = lambda _done, _all: None,
    reach: Reach | None = None,
) -> list[Log]:
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

    found: list[Log] = []
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
class LogCache:
    """Logs of the embedded chain. It looks for every receipt from its newest block down, so none
    is read twice.
    """

    logs: list[Any] = field(default_factory=list)
    number: int = 0
    hash: Any = None

    def matching(
        self,
        eth: Any,
        addresses: Collection[str],
        topics: Sequence[Topic],
        first: int = 0,
        last: int | None = None,
    ) -> "list[Any]":
        """The logs of some contracts, as `eth_getLogs` finds them by topics.

        Args:
            first: The first block that counts.
            last: The last one; none: the newest.
        """
        newest = eth.get_block("latest")
        if self.number > newest["number"] or self.hash != eth.get_block(self.number)["hash"]:
            self.logs, self.number = [], -1
        if self.number < newest["number"]:
            blocks = {"fromBlock": self.number + 1, "toBlock": newest["number"]}
            self.logs += eth.get_logs(blocks)
        self.number, self.hash = newest["number"], newest["hash"]
        sources = {each.lower() for each in addresses}
        return [
            log
            for log in self.logs
            if first <= log["blockNumber"] <= (self.number if last is None else last)
            and log["address"].lower() in sources
            and _fits([each.to_0x_hex() for each in log["topics"]], topics)
        ]


def _fits(topics: Sequence[str], wanted: Sequence[Topic]) -> bool:
    """Whether a log's topics are those that were asked for, at each place."""
    return len(wanted) <= len(topics) and all(
        any_of is None or topic in ([any_of] if isinstance(any_of, str) else any_of)
        for topic, any_of in zip(topics, wanted, strict=False)
    )
