"""An agreement of the picnic whose nodes have keys, and a change of it, without a chain."""

from dataclasses import replace

from eth_account import Account
from eth_account.signers.local import LocalAccount

from emc.core import typed_data
from emc.files.bundle import Bundle, Signature
from emc.files.compile import placeholder_parties
from emc.files.proposal import Proposal, Renegotiation, Share
from tests.canvas import kit
from tests.kit import address

NOW = 1_800_000_000
FAR = NOW + 90 * 86_400
# by row id
KEYS: tuple[LocalAccount, ...] = tuple(Account.from_key(bytes([7] * 31 + [i])) for i in (1, 2, 3))


def agreement(nonce: int = 0, text: str = kit.SMALL) -> Bundle:
    """The picnic on a token, signed by nobody."""
    canvas = kit.canvas(text)
    parties = placeholder_parties(canvas).model_copy(update={"chain_id": 31337})
    return Bundle(
        chain_id=31337,
        consent=address("consent"),
        implementation=address("implementation"),
        accounts=tuple(key.address for key in KEYS),
        made_at=NOW,
        nonce=nonce,
        canvas=canvas,
        parties=parties,
    )


def signature(
    bundle: Bundle, row: int, *, deadline: int = FAR, nonce: int = 0, key: int | None = None
) -> Signature:
    """What a node's key signs; `key` is another's in its place."""
    account = KEYS[row]
    message = bundle.message(bundle.terms.rows[row], account.address, deadline, nonce)
    signed = KEYS[row if key is None else key].sign_message(typed_data.signable(message))
    return Signature.of(message, "0x" + bytes(signed.signature).hex())


def signed(bundle: Bundle, *rows: int) -> Bundle:
    """The agreement with these signatures."""
    for row in rows:
        bundle = bundle.signed(signature(bundle, row))
    return bundle


def change(bundle: Bundle) -> Proposal:
    """The baker gives the cook four percent below the benchmark."""
    shares = (
        Share(row=0, base=460_000, leading=450_000, upside=400_000),
        Share(row=1, base=340_000, leading=300_000, upside=300_000),
    )
    after = bundle.terms.with_shares(
        {each.row: (each.base, each.leading, each.upside) for each in shares}
    )
    return Proposal(31337, bundle.emc, 1, after.hash(), Renegotiation(shares=shares))


def foreign(bundle: Bundle) -> Bundle:
    """The same terms, the cook with another account."""
    baker, _, *others = bundle.accounts
    return replace(bundle, accounts=(baker, address("somebody else"), *others))
