"""Which logs are asked for at once, and what to ask for instead where that is too much."""

from typing import Any, NamedTuple


class Query(NamedTuple):
    """Whose logs, about what, and of which blocks.

    Args:
        addresses: Whose, in lower case.
        topics: At each place any (None), this one, or one of these.
        first, last: Blocks, both included.
    """

    addresses: list[str]
    topics: list[Any]
    first: int
    last: int

    @property
    def params(self) -> dict[str, Any]:
        """For `eth_getLogs`."""
        return {
            "address": self.addresses,
            "topics": self.topics,
            "fromBlock": hex(self.first),
            "toBlock": hex(self.last),
        }

    @property
    def blocks(self) -> int:
        return self.last - self.first + 1

    @property
    def names(self) -> int:
        """The most addresses or topics in one place."""
        return max(map(len, self._lists()))

    def _lists(self) -> list[list[str]]:
        return [self.addresses, *(each for each in self.topics if isinstance(each, list))]

    def by_blocks(self) -> list["Query"]:
        """The same in two halves of its blocks, the first of them last."""
        middle = (self.first + self.last) // 2
        return [self._replace(first=middle + 1), self._replace(last=middle)]

    def by_names(self) -> list["Query"]:
        """The same in two halves of its longest list."""
        longest = max(self._lists(), key=len)
        middle = len(longest) // 2
        return [self._with(longest, part) for part in (longest[middle:], longest[:middle])]

    def _with(self, names: list[str], part: list[str]) -> "Query":
        if names is self.addresses:
            return self._replace(addresses=part)
        return self._replace(topics=[part if each is names else each for each in self.topics])
