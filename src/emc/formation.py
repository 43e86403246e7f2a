"""From a canvas to an agreement: parties of a local chain, the agreement file, and who signs it
there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc import deploying
from emc.bundle import Bundle
from emc.canvas import Canvas
from emc.chain import Chain
from emc.compile import Parties
from emc.errors import EMCError
from emc.system import System

if TYPE_CHECKING:
    from ape.api import AccountAPI

# MicroEnterprises: USER for the leader, NODE for the others
_USER, _NODE = 1, 2
Progress = Callable[[str], None]


def is_native(canvas: Canvas) -> bool:
    """Whether a local chain's coin can stand for the canvas's currency."""
    return (canvas.money.symbol, canvas.money.decimals) == ("ETH", 18)


def local_cast(chain: Chain, system: System, canvas: Canvas, progress: Progress) -> Parties:
    """Parties played by the test accounts of a local chain: each node registered, a test token if
    needed.

    Account 0 is the creator; nodes follow in the order of the canvas, then the beneficiaries'
    controllers.

    Raises:
        EMCError: the chain is not local.
    """
    if not chain.is_local:
        raise EMCError(
            f"chain {chain.id} is not local, its nodes are not ours to make up",
            "say who they are with --parties FILE",
        )
    count = len(canvas.nodes) + len(canvas.beneficiaries)
    cast = chain.test_accounts(1 + count)
    currency = "native"
    if not is_native(canvas):
        currency = deploying.test_token(
            chain, cast[0], canvas.money.symbol[:5], canvas.money.decimals
        )
    nodes = {}
    for i, node in enumerate(canvas.nodes):
        account = cast[1 + i]
        me = system.register(account, _NODE if i else _USER)
        nodes[node.key] = {"me": me, "payee": account.address}
        progress(f"registered ME {me}: {node.name}")
    beneficiaries = {
        row.key: {"controller": account.address, "payee": account.address}
        for row, account in zip(canvas.beneficiaries, cast[1 + len(nodes) :], strict=True)
    }
    return Parties.model_validate(
        {
            "chain_id": chain.id,
            "currency": currency,
            "backstop": to_checksum_address(keccak(text=f"backstop of {canvas.title}")[12:]),
            "nodes": nodes,
            "beneficiaries": beneficiaries,
        }
    )


def draw_up(
    chain: Chain, system: System, canvas: Canvas, parties: Parties, creator: str, nonce: int = 0
) -> Bundle:
    """The agreement to be signed, checked by Consent before anybody sees it.

    Raises:
        EMCError: the parties are of another chain or currency, or the terms break a rule.
    """
    if parties.chain_id != chain.id:
        raise EMCError(
            f"the parties are of chain {parties.chain_id}, this is chain {chain.id}",
            "choose their network with --network",
        )
    if parties.currency != "native":
        token = chain.contract("Token", parties.currency)
        decimals = int(token.decimals())
        if decimals != canvas.money.decimals:
            raise EMCError(
                f"currency.decimals is {canvas.money.decimals}, "
                f"the token {parties.currency} has {decimals}",
                "write the token's decimals in the canvas",
            )
    elif canvas.money.decimals != 18:
        raise EMCError(
            f"currency.decimals is {canvas.money.decimals}, native coin has 18",
            "write 18, or name a token in the parties file",
        )
    bundle = Bundle(
        chain_id=chain.id,
        consent=system.consent.address,
        implementation=system.implementation,
        creator=creator,
        made_at=chain.now,
        nonce=nonce,
        canvas=canvas,
        parties=parties,
    )
    system.check(bundle)
    return bundle


def sign_by_test_accounts(
    chain: Chain, system: System, bundle: Bundle, progress: Progress
) -> Bundle:
    """The agreement with the signature of every node that a test account plays."""
    cast: dict[str, AccountAPI] = {
        account.address: account for account in chain.test_accounts(1 + len(bundle.terms.rows))
    }
    for label, row in zip(bundle.labels, bundle.terms.rows, strict=True):
        if row.is_node:
            account = cast.get(str(system.registry.account_of(row.party)))
            if account is not None:
                bundle = bundle.signed(system.sign(bundle, account))
                progress(f"signed by {label.name}")
    return bundle
