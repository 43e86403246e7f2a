"""Papers of the breakfast box, whose nodes have keys, without a chain."""

from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount

from emc.core import typed_data
from emc.files import systems
from emc.files.bundle import Bundle, Signature
from emc.files.canvas import load
from emc.files.compile import placeholder_parties

CANVASES = Path(__file__).parent.parent.parent / "canvases"
CHAIN = 31337
NOW = 1_800_000_000
FAR = NOW + 90 * 86_400
# by row id
KEYS: tuple[LocalAccount, ...] = tuple(
    Account.from_key(bytes([9] * 31 + [i])) for i in range(1, 65)
)


def agreement(canvas: str = "breakfast-box", nonce: int = 0) -> Bundle:
    """An agreement of a canvas of the repository, signed by nobody."""
    read = load(CANVASES / f"{canvas}.yaml")
    parties = placeholder_parties(read).model_copy(update={"chain_id": CHAIN})
    ours = systems.ours()
    return Bundle(
        chain_id=CHAIN,
        consent=ours["Consent"],
        implementation=ours["EMC"],
        accounts=tuple(key.address for key in KEYS[: len(read.nodes)]),
        made_at=NOW,
        nonce=nonce,
        canvas=read,
        parties=parties,
    )


def signature(
    paper: Bundle, row: int, *, deadline: int = FAR, nonce: int = 0, key: int | None = None
) -> Signature:
    """What a node's key signs; `key` is another's in its place."""
    message = paper.message(paper.terms.rows[row], KEYS[row].address, deadline, nonce)
    signed = KEYS[row if key is None else key].sign_message(typed_data.signable(message))
    return Signature.of(message, "0x" + bytes(signed.signature).hex())
