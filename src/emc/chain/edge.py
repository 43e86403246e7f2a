"""The edge to a chain: networks, accounts and contracts, all through ape.

Private keys stay with ape's accounts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from eth_utils.address import is_address, to_checksum_address

from emc import artifacts
from emc.chain import answers, decoding, known_keys, logs, networks, quiet, tokens
from emc.chain.sending import check_fits as check_fits
from emc.chain.sending import line as line
from emc.chain.sending import read as read
from emc.chain.sending import refused
from emc.chain.sending import send as send
from emc.chain.sending import send_data as send_data
from emc.chain.sending import sign as sign
from emc.chain.sending import speaking as speaking
from emc.core.units import Currency
from emc.errors import EMCError
from emc.rpc.refusal import Patience, say_wait

if TYPE_CHECKING:
    from ape.api import AccountAPI, ProviderAPI
    from ape.api.networks import ProviderContextManager
    from ape.contracts import ContractInstance

# on a local chain, whoever acts gets this much coin to pay gas with
POCKET = 10**18
# seconds between two looks for a receipt of a local chain, which mines at once
LOCAL_POLL = 0.01


@dataclass(frozen=True)
class Logged:
    """An event of one of our contracts; ``place`` is its index in the block, ``source`` who logged
    it.
    """

    block: int
    place: int
    name: str
    args: Mapping[str, Any]
    source: str = ""


class Chain:
    """A connected chain."""

    def __init__(self, provider: "ProviderAPI") -> None:
        self.provider = provider
        self.id: int = provider.chain_id
        network = provider.network
        # whatever it is called: on a chain that everybody sees, the test keys are everybody's
        self.is_local: bool = network.name == "local" and not networks.is_public(self.id)
        # gone with the process: nothing about it is worth writing down
        self.is_embedded: bool = provider.name == "test"
        # nothing of ours was logged before; asked for when events are read
        self.first_block: Callable[[], int] = lambda: 0
        # who hears how far reading has come
        self.told: logs.Progress = lambda _done, _all: None
        self._accounts: list[AccountAPI] = []
        self._contracts: dict[tuple[str, str], ContractInstance] = {}
        # what the embedded chain logged
        self.log_cache = logs.LogCache()
        self._reach = logs.Reach()
        self._times: dict[int, int] = {}

    # accounts

    def account(self, alias: str) -> "AccountAPI":
        """An account that ape knows, by its alias; ``TEST::0`` is the first of a local chain, and
        there any address can be played.

        Raises:
            EMCError: unknown, or one whose key is public on a chain that is not local.
        """
        from ape import accounts

        if alias.upper().startswith("TEST::"):
            number = alias[6:]
            if not self.is_local:
                raise EMCError(
                    f"{alias} is a test account, its key is public",
                    "use an account of your own: `ape accounts list`",
                )
            if not number.isdigit() or int(number) > 500:
                raise EMCError(f"{alias} is not a test account", "write TEST::0 to TEST::500")
            return self.test_accounts(int(number) + 1)[-1]
        if is_address(alias):
            return self._played(alias)
        try:
            account = accounts.load(alias)
        except (KeyError, IndexError, ValueError):
            known = ", ".join(str(each) for each in accounts.aliases) or "none"
            raise EMCError(
                f"no account {alias!r}",
                f"known: {known}; make one with `ape accounts generate {alias}`, or import its key "
                f"with `ape accounts import {alias}`",
            ) from None
        if not self.is_local and account.address in known_keys.addresses():
            raise EMCError(
                f"{alias} is {account.address}, a test account: its key is public",
                "use an account whose key only you have: `ape accounts generate`",
            )
        return account

    def _played(self, address: str) -> "AccountAPI":
        """An address for which a local chain takes transactions without a signature."""
        from ape import accounts
        from ape.exceptions import ApeException

        if not self.is_local:
            raise EMCError(
                f"{address} is an address, not an account of ape",
                "name the account by its alias: `ape accounts list`",
            )
        try:
            account = accounts.test_accounts.impersonate_account(to_checksum_address(address))
        except ApeException as error:
            raise EMCError(
                f"{address} cannot be impersonated here: {line(error)}", "use an anvil chain"
            ) from None
        if account.balance < POCKET // 2:
            self.provider.set_balance(account.address, POCKET)
        return account

    def test_accounts(self, count: int) -> "list[AccountAPI]":
        """The first test accounts of a local chain, each with coin for gas."""
        from ape import accounts

        while len(self._accounts) < count:
            index = len(self._accounts)
            container = accounts.test_accounts
            account = (
                container[index] if index < len(container) else container.generate_test_account()
            )
            if account.balance < POCKET // 2:
                self._accounts[0].transfer(account, POCKET)
            self._accounts.append(account)
        return self._accounts[:count]

    # contracts

    def contract(self, name: str, address: str, *, is_there: bool = False) -> "ContractInstance":
        """A contract of ours at an address; that it is ours is for the caller to check.

        Args:
            is_there: Whether the caller has seen its code, so that nobody asks for it once more.
        """
        from emc.chain.contracts import Contract

        if (name, address) not in self._contracts:
            self._contracts[name, address] = Contract(address, _contract_type(name), is_there)
        return self._contracts[name, address]

    def currency_at(self, address: str) -> Currency:
        """How a currency is printed, see `emc.chain.tokens`."""
        return tokens.currency_at(self, address)

    def has_code(self, name: str, address: str) -> bool:
        """Whether the code at an address is that of our contract, whatever its immutables."""
        return self.immutables(name, address) is not None

    def immutables(self, name: str, address: str) -> bytes | None:
        """What the code of one of our contracts was told when it was deployed; none if it is not
        our code.
        """
        runtime = bytes.fromhex(artifacts.load(name)["runtime"][2:])
        code = bytes(self.provider.get_code(address))
        return code[len(runtime) :] if code.startswith(runtime) else None

    def remember(self, name: str, address: str, transaction: str | None) -> None:
        """Let ape's own deployments know a contract, as if ape had deployed it."""
        from ape import chain

        kept = chain.contracts.deployments
        if address not in [each.address for each in kept.get_deployments(name)]:
            kept.cache_deployment(address, name, transaction)
            chain.contracts.contract_types[address] = _contract_type(name)

    # what was made when

    @property
    def genesis(self) -> str:
        """Hash of block 0: which of all chains with this id it is."""
        return str(self.provider.web3.eth.get_block(0)["hash"].to_0x_hex())

    @property
    def began(self) -> int:
        """Time of block 0."""
        return int(self.provider.web3.eth.get_block(0)["timestamp"])

    def events(
        self, sources: Mapping[str, str], emc: str | None = None, about: Sequence[int] = ()
    ) -> "list[Logged]":
        """What contracts of ours logged, in the order of the chain.

        Args:
            sources: The contract's name by its address.
            emc: Only what is about this EMC: the first topic of what the table logs.
            about: Only what has these numbers as its first topics.
        """
        known = {
            (at.lower(), topic): event
            for at, name in sources.items()
            for topic, event in decoding.events(name).items()
        }
        words = [int(emc, 16)] if emc else about
        topics = [None, *(f"0x{each:064x}" for each in words)] if words else []
        # a log that a node gives twice is one
        found: dict[tuple[int, int], Logged] = {}
        for log in self._logs(list(sources), topics):
            event = known.get((log.address, log.topics[0]))
            if event is not None:
                args = _decoded(event, log)
                source = to_checksum_address(log.address)
                at = log.block, log.place
                found[at] = Logged(*at, event.name, args, source)
        return [found[at] for at in sorted(found)]

    def _logs(self, addresses: list[str], topics: list[str | None]) -> "Iterable[logs.Log]":
        """Logs, from the first block that can hold any."""
        eth = self.provider.web3.eth
        if self.is_embedded:
            return map(logs.plain, self.log_cache.matching(eth, addresses, topics))
        query = {"address": addresses, "topics": topics}
        first, last = self.first_block(), eth.block_number
        ask = partial(logs.ask, self.provider.web3.provider.make_request)
        return logs.read(ask, query, first, last, self.told, self._reach)

    def time_of(self, block: int) -> int:
        """Time of a block, asked once."""
        if block not in self._times:
            self._times[block] = int(self.provider.get_block(block).timestamp)
        return self._times[block]

    @property
    def now(self) -> int:
        """Time of the newest block."""
        return int(self.provider.get_block("latest").timestamp)

    @property
    def block(self) -> int:
        """Number of the newest block."""
        return int(self.provider.web3.eth.block_number)

    @property
    def node(self) -> str | None:
        """The address of the node that is asked, if it has one."""
        from emc.rpc.http import address_of

        return address_of(self.provider)

    def give(self, account: str, amount: int) -> int:
        """Give an account coin on a local chain, in base units; what it has then.

        Raises:
            EMCError: the chain is not a local one that stays.
        """
        self.check_local("makes coin")
        self.provider.set_balance(account, int(self.provider.get_balance(account)) + amount)
        return int(self.provider.get_balance(account))

    def check_local(self, what: str) -> None:
        """Refuse what is possible only on a chain of one's own that stays.

        Args:
            what: What nobody does elsewhere, such as "moves its time".

        Raises:
            EMCError: the chain is another one.
        """
        if not self.is_local:
            raise EMCError(
                f"chain {self.id} is not local: nobody {what}",
                "do this on a local chain: `emc chain start`",
            )
        if self.is_embedded:
            raise EMCError("the embedded chain ends with this command", "name a lasting one")

    def forward(self, seconds: int) -> None:
        """Let time pass and make a block.

        Raises:
            EMCError: the chain is not a local one that stays.
        """
        self.check_local("moves its time")
        self.provider.make_request("evm_increaseTime", [seconds])
        self.provider.make_request("evm_mine", [])


def _decoded(event: decoding.Event, log: logs.Log) -> Mapping[str, Any]:
    """The values of an event.

    Raises:
        EMCError: the log does not hold them.
    """
    try:
        return event.args(log.topics, log.data)
    except ValueError:
        raise EMCError(
            f"block {log.block}: {event.name} cannot be read",
            "the node changes events: ask another node",
        ) from None


@contextmanager
def connect(network: str = networks.EMBEDDED) -> Iterator[Chain]:
    """A chain, by what people call it: see `emc.chain.networks.resolve`.

    Raises:
        EMCError: ape does not know it, or it does not answer.
    """
    with quiet.ape(), _entered(network) as provider, _using(network):
        yield Chain(provider)


@contextmanager
def _entered(network: str) -> "Iterator[ProviderAPI]":
    """Ape's connection to a network."""
    from ape import config

    # ape makes its folder only inside one that exists
    config.DATA_FOLDER.mkdir(parents=True, exist_ok=True)
    meant = networks.resolve(network)
    patience = Patience(tell=say_wait)
    try:
        choice = meant.choice
        if meant.fallback and not _has_node(choice):
            choice = f"{choice}:{meant.fallback}"
        context = _context(choice, dict(meant.settings))
        _wrapped_once(type(context._provider))
        with answers.guarding(patience):
            provider = context.__enter__()
    except EMCError:
        raise
    except Exception as error:
        # whatever the node said while ape made itself known to it
        raise _unusable(network, error) from None
    if provider.network.name != "local" or provider.name != "test":
        answers.guard(provider.web3.provider, patience)
    if provider.network.name == "local":
        eth = provider.web3.eth
        eth.wait_for_transaction_receipt = partial(
            eth.wait_for_transaction_receipt, poll_latency=LOCAL_POLL
        )
    try:
        yield provider
    finally:
        context.__exit__(None, None, None)


def _context(choice: str, settings: dict[str, str]) -> "ProviderContextManager":
    """What enters a network of ape's.

    To find a provider ape imports all, and that of its embedded chain alone takes a third of a
    second: for the local chain it is made here. Public networks ask ape for all in any case.
    """
    from ape import networks as known

    if choice != networks.FOUNDRY:
        return known.parse_network_choice(choice, provider_settings=settings or None)
    from ape.api.networks import ProviderContextManager

    from emc.chain.local_node import LocalNode

    made = LocalNode(name="foundry", network=known.ethereum.local, provider_settings=settings)
    return ProviderContextManager(made)


def _wrapped_once(kind: type[Any]) -> None:
    """Take off a kind of provider what ape wraps around its `connect` once more for each that it
    makes: a connection would take longer than the one before it, and the thousandth fail.
    """
    while hasattr(getattr(kind.connect, "__wrapped__", None), "__wrapped__"):
        kind.connect = kind.connect.__wrapped__


def _unusable(network: str, error: Exception) -> EMCError:
    from ape.exceptions import (
        EcosystemNotFoundError,
        NetworkNotFoundError,
        ProviderNotConnectedError,
        ProviderNotFoundError,
    )

    if isinstance(error, EcosystemNotFoundError | NetworkNotFoundError | ProviderNotFoundError):
        own = ", ".join((networks.EMBEDDED, networks.LOCAL, *networks.TEST_NETWORKS))
        return EMCError(
            f"there is no network {network!r}",
            f"use {own}, a node's address, or one of `ape networks list`",
        )
    said = line(error)
    is_silent = "node found on" in said or "Failed to connect" in said
    if isinstance(error, ProviderNotConnectedError) or is_silent:
        where = re.search(r"https?://[^\s'\"]+", said)
        return EMCError(
            f"network {network!r} cannot be used: no node answers"
            f"{' at ' + where[0] if where else ''}",
            "check the connection, or name a node's address with --network https://...",
        )
    return EMCError(f"network {network!r} cannot be used: {said}", "see `ape networks list`")


@contextmanager
def _using(network: str) -> Iterator[None]:
    """Turn what a node's answers break in libraries into words."""
    from ape.exceptions import ApeException, ContractLogicError
    from eth_abi.exceptions import DecodingError
    from web3.exceptions import Web3Exception

    try:
        yield
    except ContractLogicError as error:
        raise refused("a call", error) from None
    except (ApeException, Web3Exception, DecodingError, OSError) as error:
        # files are opened by those who name them; what is left is the connection
        if isinstance(error, OSError) and error.filename is not None:
            raise
        hint = "try again, or name another with --network"
        raise EMCError(f"{network} cannot be used: {line(error)}", hint) from None


def _has_node(choice: str) -> bool:
    """Whether ape has a node configured for a network."""
    from ape import networks as known
    from ape.exceptions import ApeException

    try:
        provider: Any = known.get_provider_from_choice(choice)
        return bool(provider.uri)
    except (ApeException, AttributeError):
        return False


@cache
def _contract_type(name: str) -> Any:
    from ethpm_types import ContractType

    artifact = artifacts.load(name)
    return ContractType.model_validate(
        {
            "contractName": name,
            "abi": artifact["abi"],
            "deploymentBytecode": {"bytecode": artifact["bytecode"]},
            "runtimeBytecode": {"bytecode": artifact["runtime"]},
        }
    )
