"""What a node's refusal means: one policy for the commands and for the audit.

A node is a stranger that gets tired. Only an execution error says something about the chain; all
else says something about the node, in words that differ from one provider to the next. So what is
not known to be an answer is asked again, and in the end told in the node's own words.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Any, NamedTuple


class Meaning(Enum):
    """What is behind a refusal."""

    # the call was executed and failed: an answer
    REVERTED = "reverted"
    # asked too fast: the same question later
    BUSY = "busy"
    # asked for too much at once: smaller questions
    TOO_MUCH = "too much"
    # asked for logs of too many addresses or topics at once: fewer of them
    TOO_WIDE = "too wide"
    # of a state that the node no longer has
    GONE = "gone"
    # the node does not have this kind of question
    UNSUPPORTED = "unsupported"
    # nobody knows: the same question again
    UNCLEAR = "unclear"


class Refused(NamedTuple):
    """A question without an answer: the node's own words, and what they mean."""

    message: str
    meaning: Meaning = Meaning.UNCLEAR

    @property
    def hint(self) -> str:
        """What helps."""
        return _HELP.get(self.meaning, "ask again later, or ask another node")


_HELP = {
    Meaning.BUSY: "wait, or ask a node that answers more often",
    Meaning.GONE: "ask an archive node",
    Meaning.UNSUPPORTED: "ask another node",
}
# what is executed, and may fail by itself
_EXECUTED = ("eth_call", "eth_estimateGas")
# geth, erigon and most others; OpenEthereum and Nethermind
_REVERT_CODES = (3, -32015)
# of virtual machines, as they begin their errors; a reason may follow, but no more than that counts
_REVERTED = re.compile(
    r"(the )?(execution reverted|vm exception|vm execution error|transaction (execution )?revert"
    r"|reverted|evm error|evm revert|out of gas\b|invalid opcode|bad instruction"
    r"|invalid jump|bad jump|stack underflow|stack limit reached|stack overflow|write protection"
    r"|return data out of bounds|gas uint64 overflow|max code size|opcodenotfound|outofgas"
    r"|statechangeduringstaticcall)",
    re.IGNORECASE,
)
# beside HTTP 429: what providers use for too many requests
_BUSY_CODES = (429, -32005, -32029, -32097, -32007, -32016)
_BUSY = re.compile(
    r"rate.?limit|too many requests|request limit|requests? per|per second|throughput|capacity"
    r"|try again|quota|slow down|over limit|daily limit|concurren|busy|backoff",
    re.IGNORECASE,
)
_TOO_MUCH = re.compile(
    r"\brange|blocks? (limit|distance)|more than \d+ (results|logs|blocks)|\d+ blocks?\b"
    r"|too many (results|logs|blocks)|(max|maximum|over|exceed)\w* .*\b(results|logs|blocks)"
    r"|(response|result|log|query)\w* (size|is too large|too large|too big)|size (is )?exceed"
    r"|query timeout|timeout exceeded|limited to|payload too large|entity too large",
    re.IGNORECASE,
)
_TOO_WIDE = re.compile(
    r"\b(max|maximum|exceed\w*|too many|less|fewer|at most|up to)\b.*"
    r"\b(addresses|number of address|topics|filters)"
    r"|\b(addresses|topics|filters)\b.*\b(limit|max|maximum|exceed|allowed|too many)",
    re.IGNORECASE,
)
_HURRY = re.compile(
    r"rate.?limit|too many requests|requests?\b.*\b(second|minute|limit)|per second|concurren"
    r"|throughput|quota",
    re.IGNORECASE,
)
_BATCH = re.compile(r"\bbatch|response (is )?too large|response size|too large", re.IGNORECASE)
_GONE = re.compile(
    r"missing trie node|pruned|pruning|archive|(historical|old|world)? ?(state|data)\b.*"
    r"(unavailable|not available|not found|missing)|(no|unavailable) (historical )?state"
    r"|proof window|state histor|before the (first|earliest)|earliest block",
    re.IGNORECASE,
)
_UNSUPPORTED = re.compile(
    r"method.*(not found|not exist|not available|not supported|not allowed|disabled|unavailable)"
    r"|unsupported method|not whitelisted|unknown method",
    re.IGNORECASE,
)


def meaning(method: str, code: Any, message: str, status: int = 200) -> Meaning:
    """What a refusal means.

    Args:
        code: Of the JSON-RPC error; zero without.
        message: Its words, or what came in their place.
        status: Of HTTP; a body under 429 is no answer, whatever it says.
    """
    if status == 429:
        return Meaning.BUSY
    if method in _EXECUTED and (code in _REVERT_CODES or _REVERTED.match(message)):
        return Meaning.REVERTED
    if method == "eth_getLogs":
        if _TOO_MUCH.search(message) and not _is_hurry(message):
            return Meaning.TOO_MUCH
        if _TOO_WIDE.search(message) and not _is_hurry(message):
            return Meaning.TOO_WIDE
    elif _BATCH.search(message) and not _BUSY.search(message):
        return Meaning.TOO_MUCH
    if code in _BUSY_CODES or _BUSY.search(message):
        return Meaning.BUSY
    if status == 413:
        return Meaning.TOO_MUCH
    if code == -32601 or _UNSUPPORTED.search(message):
        return Meaning.UNSUPPORTED
    return Meaning.GONE if _GONE.search(message) else Meaning.UNCLEAR


def _is_hurry(message: str) -> bool:
    """Whether words that also fit a range, or a list, are about requests."""
    return bool(_HURRY.search(message))


def is_final(method: str, refused: Refused, turn: int) -> bool:
    """Whether the same question would only get the same again.

    Args:
        turn: How often it was asked before.
    """
    found = refused.meaning
    if method == "eth_getLogs":
        # whoever asks goes on with less
        return found in (Meaning.TOO_MUCH, Meaning.TOO_WIDE) or (
            turn > 0 and found is not Meaning.BUSY
        )
    if found is Meaning.GONE:
        # another node behind the same address may have it
        return turn > 0
    return found is Meaning.REVERTED or (
        found is Meaning.UNSUPPORTED and method.startswith("debug_")
    )


def words(error: Any) -> tuple[int, str]:
    """Code and words of a JSON-RPC error, whatever it is; on one line."""
    code, text = 0, error
    if isinstance(error, dict):
        text = error.get("message") or error
        code = error["code"] if isinstance(error.get("code"), int) else 0
        data = error.get("data")
        # in words of their own, where the message is the same for all
        if isinstance(data, str) and not data.startswith("0x") and data not in str(text):
            text = f"{text}: {data}"
    return code, " ".join(str(text).split())[:300]


# waiting

_SECONDS = re.compile(
    r"(?:try again|retry|wait|backoff)\D{0,20}?(\d+(?:\.\d+)?) ?(ms|milliseconds?|s\b|sec)",
    re.IGNORECASE,
)


def told_to_wait(headers: Mapping[str, str], error: Any, now: float) -> float | None:
    """Seconds that a node asks to wait; none if it does not say.

    Args:
        headers: Of its answer, for `Retry-After`: seconds, or a date.
        now: Unix time.
    """
    after = str(headers.get("Retry-After") or "").strip()
    if after:
        try:
            return max(0.0, float(after))
        except ValueError:
            try:
                return max(0.0, parsedate_to_datetime(after).timestamp() - now)
            except (TypeError, ValueError, OverflowError):
                pass
    if isinstance(error, dict) and isinstance(error.get("data"), dict):
        rate = error["data"].get("rate") or error["data"]
        told = rate.get("backoff_seconds") if isinstance(rate, dict) else None
        if isinstance(told, int | float) and told >= 0:
            return float(told)
    found = _SECONDS.search(words(error)[1])
    if found is None:
        return None
    return float(found[1]) / (1000 if found[2].lower().startswith("m") else 1)


def say_wait(seconds: float) -> None:
    """Tell the person at the keyboard what nothing else shows."""
    print(f"the node is busy: asking again in {seconds:.0f} s", file=sys.stderr, flush=True)


@dataclass
class Patience:
    """How long a tired node is waited for.

    Args:
        ceiling: Seconds without any answer after which nobody waits on.
        pause: The first wait, if the node does not say how long; each further one is twice that.
        tell: Hears of every wait of more than a second.
    """

    ceiling: float = 120
    pause: float = 0.5
    tell: Callable[[float], None] = lambda _: None
    waited: float = 0
    turns: int = 0

    def answered(self) -> None:
        """The node has given something."""
        self.waited, self.turns = 0, 0

    def wait(self, told: float | None) -> float | None:
        """Seconds to wait now; none if that would be too long.

        Args:
            told: What the node asks for.
        """
        seconds = min(self.pause * 2**self.turns, 15.0) if told is None else max(told, self.pause)
        self.turns += 1
        if self.waited + seconds > self.ceiling:
            return None
        self.waited += seconds
        if seconds >= 1:
            self.tell(seconds)
        return seconds
