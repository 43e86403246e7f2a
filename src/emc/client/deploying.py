"""Deploying what all EMCs of a chain share, so that a run cut short is taken up where it was.

Each contract is written down before it is sent: where it will be follows from its sender, so the
next run finds it there and sends only what is missing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emc.chain import births, edge
from emc.chain.edge import Chain
from emc.errors import EMCError
from emc.files import deployments
from emc.files.bundle import Bundle
from emc.files.deployments import Deployed, Deployment, Formed
from emc.files.parts import PARTS, ROOMS, Part

if TYPE_CHECKING:
    from ape.api import AccountAPI


def known_of(chain: Chain) -> Deployment:
    """What is known of a chain. Of a local chain that began anew under the same id, nothing is.

    Raises:
        EMCError: the file is about another chain with this id.
    """
    if chain.is_embedded:
        return Deployment(chain_id=chain.id)
    known, genesis = deployments.read(chain.id), chain.genesis
    if known.genesis not in (None, genesis):
        if not chain.is_local:
            raise EMCError(
                f"{deployments.path_of(chain.id)} is about a chain that began with block "
                f"{known.genesis}, this one began with {genesis}",
                "check the network; remove the file if that chain is gone",
            )
        return Deployment(chain_id=chain.id, genesis=genesis)
    known.genesis = genesis
    return known


def first_block(chain: Chain, known: Deployment) -> int:
    """The block before which nothing of a system was on its chain, as far as that is known.

    The file only says which transaction made the oldest contract; the chain must agree.
    """
    oldest = known.contracts.get(PARTS[0].name)
    if chain.is_embedded or oldest is None or oldest.birth is None:
        return 0
    return births.block_of(chain.provider.web3.eth, oldest.address, oldest.birth.transaction) or 0


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


def build(chain: Chain, sender: "AccountAPI") -> Deployment:
    """Deploy what is missing of a chain's contracts."""
    with changing(chain) as known:
        _Yard(chain, sender, known).build()
    return known


def test_token(chain: Chain, sender: "AccountAPI", symbol: str, decimals: int) -> str:
    """The chain's test token of this kind; deployed if it is not there."""
    with changing(chain) as known:
        key = f"{symbol} {decimals}"
        there = known.tokens.get(key)
        if there is None or not chain.has_code("Token", there.address):
            there = _Yard(chain, sender, known).send(
                "Token",
                [f"Test {symbol}", symbol, decimals],
                lambda planned: known.tokens.update({key: planned}),
            )
        elif there.birth is None:
            there = there.model_copy(
                update={"birth": births.find_birth(chain.provider.web3.eth, there.address)}
            )
        known.tokens[key] = there
        return there.address


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
                creator=bundle.creator,
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


class _Yard:
    """One run of deploying."""

    def __init__(self, chain: Chain, sender: "AccountAPI", known: Deployment) -> None:
        self.chain, self.sender, self.known = chain, sender, known

    def build(self) -> None:
        for part in PARTS:
            if part.name == "EMC":
                # each needs the other: the EMC is told where the rooms will be, and they check
                # that it was right
                if not self._can_go_on(part):
                    for ahead, room in enumerate(ROOMS, start=1):
                        self.known.set(room, self.chain.next_address(self.sender, ahead))
                    self._deploy(part)
            elif not self._runs(part):
                self._deploy(part)
        for part in PARTS:
            self._complete(part.name)

    def _deploy(self, part: Part) -> None:
        contracts = self.known.contracts
        contracts[part.name] = self.send(
            part.name,
            part.arguments(self.known.addresses()),
            lambda planned: contracts.update({part.name: planned}),
        )

    def send(self, name: str, arguments: list[Any], plan: Any) -> Deployed:
        """Deploy one contract, written down before."""
        planned = Deployed.planned(name, self.chain.next_address(self.sender), arguments)
        plan(planned)
        self._keep()
        contract = self.chain.deploy(name, *arguments, sender=self.sender)
        if self.chain.is_embedded:
            return planned.model_copy(update={"address": contract.address})
        birth = births.birth(self.chain.provider.web3.eth, str(contract.txn_hash))
        done = planned.model_copy(update={"address": contract.address, "birth": birth})
        plan(done)
        self._keep()
        return done

    def _keep(self) -> None:
        if not self.chain.is_embedded:
            deployments.write(self.known)

    def _runs(self, part: Part) -> bool:
        """Whether our code is there and was told of the contracts that are known."""
        addresses = self.known.addresses()
        address, tail = addresses[part.name], part.tail(addresses)
        return (
            address is not None
            and tail is not None
            and (kept := self.chain.immutables(part.name, address)) is not None
            and kept.endswith(tail)
        )

    def _can_go_on(self, emc: Part) -> bool:
        """Whether the EMC and the rooms are there, or the missing ones can still be deployed where
        the EMC expects them.
        """
        address = self.known.addresses()["EMC"]
        if address is None or not self.chain.has_code("EMC", address):
            return False
        expected = edge.read("reading the table", self.chain.contract("EMC", address).table)
        for room, at in zip(ROOMS, expected, strict=True):
            self.known.set(room, str(at))
        ahead = 0
        for part in PARTS:
            if part.name in ROOMS and not self._runs(part):
                at = self.known.addresses()[part.name]
                if self.chain.next_address(self.sender, ahead) != at:
                    return False
                ahead += 1
        return self._runs(emc)

    def _complete(self, name: str) -> None:
        """Write down how a contract came there that a run cut short, or somebody else, deployed."""
        chain, there = self.chain, self.known.contracts[name]
        if chain.is_embedded:
            return
        # the chain may have another history by now
        birth = (
            births.birth(chain.provider.web3.eth, there.birth.transaction) if there.birth else None
        )
        if birth is None:
            part = next(each for each in PARTS if each.name == name)
            arguments = part.arguments(self.known.addresses())
            there = Deployed.planned(name, there.address, arguments)
            birth = births.find_birth(chain.provider.web3.eth, there.address)
        self.known.contracts[name] = there.model_copy(update={"birth": birth})
        chain.remember(name, there.address, birth.transaction if birth else None)
