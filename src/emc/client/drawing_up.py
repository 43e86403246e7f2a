"""From a canvas to an agreement: parties of a local chain, the agreement file, and who signs it
there.

Everything can be done again after it was cut short: what is there is found, not made twice.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc.chain import known_keys, trial
from emc.chain.edge import Chain
from emc.chain.tokens import answer
from emc.client import creating, deploying, registry
from emc.client.agreement import NOT_MADE
from emc.client.consenting import Formation
from emc.client.creating import Progress
from emc.client.system import SIGNATURE_SPAN, System
from emc.errors import EMCError
from emc.files import bundle as files
from emc.files import signature_files, systems
from emc.files.bundle import Bundle
from emc.files.canvas import Canvas
from emc.files.compile import Parties, compile_terms

if TYPE_CHECKING:
    from ape.api import AccountAPI


@dataclass(frozen=True)
class Wanted:
    """What an EMC is made from.

    Args:
        source: The canvas file.
        out: Where the agreement file goes; by default it is called after the canvas.
        parties: Who the nodes are; none: test accounts.
        nonce: To make another EMC from the same canvas.
    """

    source: Path
    canvas: Canvas
    out: Path | None = None
    parties: Parties | None = None
    nonce: int = 0

    @property
    def file(self) -> Path:
        another = f"-{self.nonce}" if self.nonce else ""
        return self.out or Path(f"{self.source.stem}{another}.agreement.json")

    @property
    def canvas_hash(self) -> str:
        return "0x" + self.canvas.hash().hex()


def form(
    chain: Chain, sender: "AccountAPI", wanted: Wanted, progress: Progress, is_signed: bool = True
) -> tuple[System, Bundle, Path | None]:
    """The agreement of a canvas: the one already drawn up, or a new one.

    On a local chain test accounts sign it. What is wrong with canvas and parties is reported before
    anything is sent; parties that only draw up an agreement send nothing at all.

    Returns:
        The chain's system, the agreement, and the file that it is in, if it is in one.

    Raises:
        EMCError: the canvas became an EMC whose file is elsewhere, or the file is another's.
    """
    found = _found(chain, wanted)
    if found is None and wanted.parties is not None:
        parties = checked(chain, wanted.canvas, wanted.parties)
        compile_terms(wanted.canvas, parties, now=chain.now, nonce=wanted.nonce)
    # test accounts of a local chain have to be registered before there are terms to sign
    sends = is_signed or wanted.parties is None
    system = System.deploy(chain, sender) if sends else System.load(chain)
    if found is None:
        parties = wanted.parties or local_cast(chain, system, wanted.canvas, progress)
        bundle = draw_up(chain, system, wanted.canvas, parties, wanted.nonce)
        file = wanted.file if wanted.out or not chain.is_embedded else None
        if file is not None:
            signature_files.write(file, bundle)
    else:
        file, bundle = found
    if file is not None:
        deploying.record(chain, bundle, file)
    if is_signed and chain.is_local and bundle.missing and system.stage(bundle) == NOT_MADE:
        bundle = sign_by_test_accounts(chain, system, bundle, progress)
        if file is not None:
            signature_files.write(file, bundle)
    return system, bundle, file


def _found(chain: Chain, wanted: Wanted) -> tuple[Path, Bundle] | None:
    """The agreement that was drawn up from the same canvas."""
    known = deploying.known_of(chain).formed(wanted.canvas_hash, wanted.nonce)
    again = f"--nonce {wanted.nonce + 1} makes a second EMC from the same canvas"
    if known is not None:
        file = Path(known.file)
        if file.exists() and wanted.out in (None, file):
            return file, _same(files.read(file), chain, wanted, file)
        if chain.provider.get_code(known.address) or file.exists():
            where = file if file.exists() else f"{file}, which is gone"
            if not chain.provider.get_code(known.address):
                raise EMCError(
                    f"an agreement was drawn up from {wanted.source} already: {file}",
                    f"go on with that file, or remove it to start again; {again}",
                )
            raise EMCError(
                f"{wanted.source} has become {known.address} already; its agreement file "
                f"is {where}",
                again,
            )
    if wanted.file.exists() and (wanted.out or not chain.is_embedded):
        bundle = files.read(wanted.file)
        return wanted.file, _same(bundle, chain, wanted, wanted.file)
    return None


def _same(bundle: Bundle, chain: Chain, wanted: Wanted, file: Path) -> Bundle:
    """An agreement in a file, if it is the one that is wanted."""
    is_same = {
        "chain": bundle.chain_id == chain.id,
        "canvas": bundle.canvas.hash() == wanted.canvas.hash(),
        "nonce": bundle.nonce == wanted.nonce,
        "parties file": _is_for(wanted.parties, bundle.parties),
    }
    other = next((what for what in is_same if not is_same[what]), None)
    if bundle.made_at < chain.began:
        raise EMCError(
            f"{file} was drawn up on an earlier local chain",
            "remove it, or name another with --out",
        )
    if other is not None:
        raise EMCError(
            f"{file} is there already, with another {other}",
            f"go on with it: `emc deploy {file}`; or remove it to start again",
        )
    return bundle


def _is_for(wanted: Parties | None, found: Parties) -> bool:
    """Whether parties in a file are those wanted; by now it names the registry."""
    if wanted is not None and wanted.registry == "deployed":
        wanted = wanted.model_copy(update={"registry": found.registry})
    return wanted in (None, found)


def is_native(canvas: Canvas) -> bool:
    """Whether a local chain's coin can stand for the canvas's currency."""
    return (canvas.money.symbol, canvas.money.decimals) == ("ETH", 18)


def local_cast(chain: Chain, system: System, canvas: Canvas, progress: Progress) -> Parties:
    """Parties played by the test accounts of a local chain: each node registered, a test token if
    needed.

    Account 0 sends; nodes follow in the order of the canvas, then the beneficiaries'
    controllers.

    Raises:
        EMCError: the chain is not local.
    """
    if not chain.is_local:
        raise EMCError(
            f"chain {chain.id} is not local, so test accounts cannot play its nodes",
            "name the nodes with --parties FILE",
        )
    count = len(canvas.nodes) + len(canvas.beneficiaries)
    cast = chain.test_accounts(1 + count)
    currency = "native"
    if not is_native(canvas):
        currency = creating.test_token(
            chain, cast[0], canvas.money.symbol[:5], canvas.money.decimals
        )
    nodes = {}
    for i, node in enumerate(canvas.nodes):
        account = cast[1 + i]
        # the leader faces users
        me = registry.found_or_registered(system, account, "node" if i else "user")
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
            "registry": "deployed" if canvas.rules.bar else None,
        }
    )


def checked(chain: Chain, canvas: Canvas, parties: Parties) -> Parties:
    """Parties that fit a chain, with the registry that it has.

    Raises:
        EMCError: they are of another chain or currency.
    """
    if parties.chain_id != chain.id:
        raise EMCError(
            f"the parties file is for chain {parties.chain_id}, this is chain {chain.id}",
            "choose their network with --network",
        )
    if parties.registry == "deployed":
        parties = parties.model_copy(update={"registry": systems.ours()["Reputation"]})
    check_currency(chain, canvas, parties.currency)
    return parties


def check_currency(chain: Chain, canvas: Canvas, currency: str) -> None:
    """See that a canvas can settle in a currency.

    Args:
        currency: ``native``, or a token's address.

    Raises:
        EMCError: no token is there, or it has other decimals.
    """
    # some tokens leave out their decimals, none its balances
    if currency != "native" and answer(chain, currency, "balanceOf(address)", bytes(32)) is None:
        money = canvas.money
        raise EMCError(
            f"currency: no token is at {currency} on chain {chain.id}",
            f"`emc chain token --symbol {money.symbol} --decimals {money.decimals}` makes one"
            if chain.is_local
            else "check the token's address and the network",
        )
    if currency != "native":
        decimals = chain.currency_at(currency).decimals
        if decimals != canvas.money.decimals:
            raise EMCError(
                f"currency.decimals is {canvas.money.decimals}, "
                f"the token {currency} has {decimals}",
                "write the token's decimals in the canvas",
            )
    elif canvas.money.decimals != 18:
        raise EMCError(
            f"currency.decimals is {canvas.money.decimals}, native coin has 18",
            "write 18, or name a token in the parties file",
        )


def draw_up(
    chain: Chain, system: System, canvas: Canvas, parties: Parties, nonce: int = 0
) -> Bundle:
    """The agreement to sign, checked by Consent before anybody sees it.

    Raises:
        EMCError: the parties are of another chain or currency, or the terms break a rule.
    """
    parties = checked(chain, canvas, parties)
    now = chain.now
    terms = compile_terms(canvas, parties, now=now, nonce=nonce)
    bundle = Bundle(
        chain_id=chain.id,
        consent=system.consent.address,
        implementation=system.implementation,
        accounts=system.accounts_of(terms),
        made_at=now,
        nonce=nonce,
        canvas=canvas,
        parties=parties,
    )
    Formation(system, bundle).check()
    return bundle


def sign_by_test_accounts(
    chain: Chain, system: System, bundle: Bundle, progress: Progress
) -> Bundle:
    """The agreement with the signature of every node that a test account plays."""
    cast: dict[str, AccountAPI] = {
        account.address: account for account in chain.test_accounts(1 + len(bundle.terms.rows))
    }
    names = {label.row: label.name for label in bundle.labels}
    asked = Formation(system, bundle)
    for voter in asked.voters:
        if account := cast.get(voter.account):
            bundle = bundle.signed(asked.sign(account, chain.now + SIGNATURE_SPAN))
            progress(f"signed by {names[voter.row]}")
    return bundle


def is_played(bundle: Bundle) -> bool:
    """Whether test accounts, whose keys everybody has, play all nodes of an agreement."""
    return known_keys.addresses().issuperset(bundle.accounts)


def doubts(chain: Chain, bundle: Bundle, sender: str) -> str:
    """Why the token of an agreement may be unsuitable as a currency; empty if nothing is known."""
    return trial.doubts(chain.provider.web3.eth, bundle.terms.currency, sender, bundle.emc)
