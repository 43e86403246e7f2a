"""EMCs in memory whose events are kept as a node of the chain would tell them."""

from collections.abc import Mapping
from typing import Any

import boa
from hexbytes import HexBytes
from web3 import Web3
from web3.contract.base_contract import BaseContractEvent

from emc import artifacts
from emc.core.replay import BACKSTOP, Happened, Life, replay
from emc.core.terms import Terms
from tests import authority
from tests.kit import World

Topics = tuple[int, ...]


def _events_of(name: str) -> dict[str, BaseContractEvent]:
    contract = Web3().eth.contract(abi=artifacts.load(name)["abi"])
    return {str(event.topic): event for event in contract.events}


class Chronicle:
    """Everything that was logged since it was begun, transaction by transaction."""

    def __init__(self) -> None:
        # block, emitter, topics, data
        self.logs: list[tuple[int, str, Topics, bytes]] = []
        self._block = 0
        self._execute = boa.env.execute_code

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        """What boa.env.execute_code does, written down."""
        done = self._execute(*args, **kwargs)
        if kwargs.get("is_modifying", True) and not kwargs.get("simulate") and done.is_success:
            self._block += 1
            for _, emitter, topics, data in done.get_raw_log_entries():
                at = Web3.to_checksum_address(emitter)
                self.logs.append((self._block, at, topics, data))
        return done

    def of(self, emc: str, goals: str) -> list[Happened]:
        """What an EMC logged, and Goals about it."""
        told = []
        known = {emc: _events_of("EMC"), goals: _events_of("Goals")}
        for place, (block, at, topics, data) in enumerate(self.logs):
            if at not in known or (at == goals and topics[1] != int(emc, 16)):
                continue
            event = known[at][f"0x{topics[0]:064x}"]
            read = event.process_log(
                {  # type: ignore[typeddict-item]
                    "address": at,
                    "topics": [HexBytes(topic.to_bytes(32, "big")) for topic in topics],
                    "data": HexBytes(data),
                    "blockNumber": block,
                    "logIndex": place,
                    "transactionIndex": 0,
                    "transactionHash": HexBytes(bytes(32)),
                    "blockHash": HexBytes(bytes(32)),
                }
            )
            told.append(Happened(event.event_name, _plain(read["args"]), block))
        return told


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value


class Lived:
    """One EMC, its terms by epoch and its chronicle."""

    def __init__(self, world: World, chronicle: Chronicle, terms: Terms, token: Any = None) -> None:
        self.world, self.chronicle, self.token = world, chronicle, token
        self.epochs = {1: terms}
        self.emc = world.make(terms)
        self.orders = 0

    @property
    def terms(self) -> Terms:
        """In force."""
        return self.epochs[max(self.epochs)]

    def sell(self, *amounts: int) -> None:
        """The buyer pays orders one by one."""
        for amount in amounts:
            self.orders += 1
            self.world.sell(self.emc, amount, self.orders, self.token)

    def send(self, amount: int) -> None:
        """The buyer makes a plain transfer of coin, and somebody has it booked."""
        with boa.env.prank(self.world.buyer):
            self.emc.__default__(value=amount)
            self.emc.absorb()

    def follows(self, terms: Terms) -> Terms:
        """Other terms have come into force."""
        self.epochs[max(self.epochs) + 1] = terms
        return terms

    def renegotiate(self, *shares: int | tuple[int, int, int]) -> Terms:
        """Every node agrees to other shares."""
        new = authority.reshare(self.terms, shares)
        return self.follows(authority.renegotiate(self.world, self.emc, self.terms, new))

    def amend(self, new: Terms) -> Terms:
        """All who must agree to other terms."""
        return self.follows(authority.amend(self.world, self.emc, self.terms, new))

    def events(self) -> list[Happened]:
        """What the EMC logged, and Goals about it."""
        return self.chronicle.of(self.emc.address, self.world.goals.address)

    def life(self) -> Life:
        """Recomputed from events and terms alone."""
        return replay(self.emc.address, self.events(), self.epochs)

    def check(self) -> Life:
        """The life tells what the contract's own books tell, to the unit."""
        life, books = self.life(), self.emc.accounts()
        assert life.faults == []
        assert life.total == books.received
        assert sum(run.received for run in life.runs) == books.received
        assert sum(life.paid.values()) == books.paid
        assert sum(life.credits.values()) == books.credited
        assert life.held == books.held
        assert life.is_open == self.emc.is_gate_open()
        for row in {BACKSTOP, *(row.id for terms in self.epochs.values() for row in terms.rows)}:
            assert life.credits[row] == self.emc.credits(row)
        for row in self.terms.rows:
            assert life.here[row.id] == self.emc.earned(row.id)[0]
        return life
