"""What is written down of a chain, for people and later runs. Nothing depends on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emc.chain import births
from emc.chain.edge import Chain
from emc.errors import EMCError
from emc.files import deployments
from emc.files.bundle import Bundle
from emc.files.deployments import Deployed, Deployment, Formed

# one question gives the logs of so many
FEW_BLOCKS = 5_000


def known_of(chain: Chain) -> Deployment:
    """What is known of a chain; nothing of a local one that was started afresh under the same id.

    Raises:
        EMCError: the file is about another chain with this id.
    """
    if chain.is_embedded:
        return Deployment(chain_id=chain.id)
    known, genesis = deployments.read(chain.id), chain.genesis
    if known.genesis not in (None, genesis):
        if not chain.is_local:
            raise EMCError(
                f"{deployments.path_of(chain.id)} records a chain whose first block is "
                f"{known.genesis}, not {genesis}",
                "check the network; remove the file if that chain is gone",
            )
        return Deployment(chain_id=chain.id, genesis=genesis)
    known.genesis = genesis
    return known


@contextmanager
def changing(chain: Chain) -> Iterator[Deployment]:
    """What is known of a chain, to be changed and kept; other commands wait meanwhile."""
    if chain.is_embedded:
        yield known_of(chain)
        return
    with deployments.turn(chain.id):
        known = known_of(chain)
        yield known
        deployments.write(known)


def first_block(chain: Chain, system: str) -> int:
    """The block before which no contract of a system has logged anything, as far as that is known.

    The record only says which transaction made it; the chain must agree.

    Args:
        system: Where System is.
    """
    if chain.is_embedded or chain.block < FEW_BLOCKS:
        return 0
    eth = chain.provider.web3.eth
    known = deployments.read(chain.id).contracts.get("System")
    if known is not None and known.address == system and known.birth is not None:
        block = births.block_of(eth, system, known.birth.transaction)
        if block is not None:
            return block
    return births.first_block_of(eth, system) or 0


def keep(
    chain: Chain, name: str, before: Deployed | None, now: Deployed, maker: str | None
) -> Deployed:
    """A contract that is there, with what made it if that can be found out.

    Args:
        before: What was known of it.
        maker: The contract that made it and logged so; none: an account or the proxy.
    """
    if chain.is_embedded:
        return now
    eth = chain.provider.web3.eth
    birth = before.birth if before is not None and before.address == now.address else None
    if birth is not None:
        # the chain may have another history by now
        birth = births.birth(eth, birth.transaction)
    if birth is None:
        birth = births.find_birth(eth, now.address, maker)
    chain.remember(name, now.address, birth.transaction if birth else None)
    return now.model_copy(update={"birth": birth})


def record(chain: Chain, bundle: Bundle, file: Path, transaction: str | None = None) -> None:
    """Write down an EMC that is drawn up, and how it came on chain once it is there.

    Args:
        transaction: What made it, if that is known.
    """
    if chain.is_embedded:
        return
    with changing(chain) as known:
        before = next((each for each in known.emcs if each.address == bundle.emc), None)
        if transaction is None and before is not None and before.birth is not None:
            transaction = before.birth.transaction
        birth = births.birth(chain.provider.web3.eth, transaction) if transaction else None
        if birth is None and chain.provider.get_code(bundle.emc):
            birth = births.find_birth(chain.provider.web3.eth, bundle.emc, maker=bundle.consent)
        known.keep(
            Formed(
                address=bundle.emc,
                title=bundle.canvas.title,
                consent=bundle.consent,
                canvas_hash="0x" + bundle.canvas.hash().hex(),
                terms_hash="0x" + bundle.terms.hash().hex(),
                nonce=bundle.nonce,
                file=str(file),
                birth=birth,
            )
        )
    if birth is not None:
        chain.remember("EMC", bundle.emc, birth.transaction)
