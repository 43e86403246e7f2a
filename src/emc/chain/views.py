"""Many views in few requests, for what is asked of every EMC of a chain."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from eth_utils.crypto import keccak

from emc.errors import EMCError
from emc.rpc.shapes import Unknown

if TYPE_CHECKING:
    from emc.chain.edge import Chain
    from emc.rpc.node import Node


class View(NamedTuple):
    """A question to a contract.

    Args:
        name: With the types of its arguments, such as `stage()`.
        words: The arguments, encoded.
    """

    to: str
    name: str
    words: bytes = b""


def ask(chain: "Chain", views: Sequence[View]) -> list[bytes | Unknown | None]:
    """What views answer, all at the newest block; none where they revert."""
    # what few commands need takes long to import
    from emc.chain import carrying
    from emc.rpc.node import Node

    if not views:
        return []
    return asyncio.run(_asked(Node(carrying.transport(chain)), chain.block, views))


async def _asked(node: "Node", block: int, views: Sequence[View]) -> list[bytes | Unknown | None]:
    asked = [(each.to, keccak(text=each.name)[:4] + each.words, block) for each in views]
    async with node.transport:
        found = await node.past_calls(asked)
        # some nodes answer nothing where they should say no
        empty = [place for place, each in enumerate(found) if each == b""]
        again = await node.past_calls([asked[place] for place in empty]) if empty else []
    for place, each in zip(empty, again, strict=True):
        found[place] = each
    return found


def words(chain: "Chain", views: Sequence[View]) -> list[bytes]:
    """The same of contracts of ours, which answer these with 32 bytes.

    Raises:
        EMCError: the node does not give them.
    """
    found = []
    for view, said in zip(views, ask(chain, views), strict=True):
        if not isinstance(said, bytes) or len(said) != 32:
            raise unanswered(view, said)
        found.append(said)
    return found


def unanswered(view: View, said: bytes | Unknown | None) -> EMCError:
    """What to say of a view to which a node gives no usable answer."""
    why = said.why if isinstance(said, Unknown) else "what it says is no answer"
    return EMCError(f"the node does not answer {view.name} of {view.to}: {why}", "ask another node")
