"""A whole system in memory: registry, authority, tokens, nodes with keys, and EMCs made of them."""

import fcntl
import gc
import os
import pickle
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import boa
import rlp
from boa import interpret
from boa.contracts.vyper.vyper_contract import VyperContract, VyperDeployer
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import anchor_settings
from vyper.ir import compile_ir

from emc.core import addresses, parts, typed_data
from emc.core.terms import (
    NATIVE,
    Goal,
    Leaving,
    Renegotiation,
    Row,
    Terms,
)
from emc.core.typed_data import Domain
from emc.core.units import PPM
from tests import compiling as compiling
from tests import tables
from tests.tables import address as address

ROOT = Path(__file__).parent.parent
CONTRACTS = ROOT / "contracts"


def state_of(folder: Path) -> str:
    """A name for what all files of a folder say now."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix().encode() for path in files]
    told = (
        keccak(name) + keccak(path.read_bytes()) for name, path in zip(names, files, strict=True)
    )
    return str(keccak(b"".join(told)).hex()[:16])


def kept_for(folder: Path) -> Path:
    """Where is kept what the contracts of a folder are compiled to: another place whenever a file
    changes. Boa's own key leaves out some of what a contract imports.
    """
    return ROOT / ".cache" / "compiled" / f"{state_of(folder)}-plain"


COMPILED = kept_for(CONTRACTS)
# what a system is made of; the largest first
SYSTEM = ("Changes", "EMC", "Goals", "Conduct", "Consent", "Pages", "MicroEnterprises", "System")
FAR = 2**40 - 1
COIN = 10**18
CUSTOMER = keccak(text="a customer's salted reference")

interpret.set_cache_dir(str(COMPILED))
# as the package ships it: see emc.client.sources
interpret.CompilerData = partial(CompilerData, no_bytecode_metadata=True)


@cache
def creation_map(compiled: CompilerData) -> Any:
    """Where in the source each instruction of the creation code is."""
    with anchor_settings(compiled.settings):
        return compile_ir.assembly_to_evm(compiled.assembly)[1]


# boa makes it anew for each contract that is deployed: a fifth of the time of many a test
VyperContract._deployment_source_map = property(lambda self: creation_map(self.compiler_data))


def loaded(kept: Path) -> CompilerData:
    """What was compiled; nothing of it is garbage, and looking for some takes half of the time."""
    gc.disable()
    try:
        return pickle.loads(kept.read_bytes())
    finally:
        gc.enable()


def compile_once(path: str, folder: Path, kept_in: Path) -> VyperDeployer:
    """A contract by its path below a folder, compiled once for all test processes.

    Args:
        kept_in: What `kept_for` gives for the folder.
    """
    kept_in.mkdir(parents=True, exist_ok=True)
    kept, at = kept_in / f"{path.replace('/', '-')}.pickle", str(folder / path)
    with kept.with_suffix(".lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if kept.exists():
            # boa would analyse the sources anew only to see that they are the same
            return VyperDeployer(loaded(kept), filename=at)
        # boa would keep it too
        boas, interpret._disk_cache = interpret._disk_cache, None
        try:
            made = boa.load_partial(at)
        finally:
            interpret._disk_cache = boas
        data = made.compiler_data
        with anchor_settings(data.settings):
            # as boa does where it keeps what it compiled
            data.source_map = interpret._compute_source_map(data)
            _ = data.bytecode, data.bytecode_runtime
        kept.write_bytes(pickle.dumps(data))
        return made


@cache
def deployer(path: str) -> VyperDeployer:
    """A contract by its path below contracts/."""
    made = compile_once(path, CONTRACTS, COMPILED)
    # all contracts are two million objects that stay: every later look for garbage, and five at
    # the end, would go through them
    gc.freeze()
    return made


def compile_system() -> None:
    """Compile what a system is made of; two processes that begin at once share the work."""
    is_second = os.environ.get("PYTEST_XDIST_WORKER", "gw0")[-1] in "13579"
    for name in SYSTEM[::-1] if is_second else SYSTEM:
        deployer(f"{name}.vy")


def code_of(name: str) -> bytes:
    """Creation code of a contract, without arguments."""
    return bytes(deployer(f"{name}.vy").compiler_data.bytecode)


def deploy_system(is_ours: bool = True) -> dict[str, str]:
    """Deploy a whole system as on every chain: through the proxy, and by System's steps.

    Args:
        is_ours: At the addresses that all chains have, if nothing is there; else elsewhere: bytes
            behind the registry's code, which it never reads, move all that is told of it.
    """
    boa.env.set_code(addresses.PROXY, addresses.PROXY_CODE)
    codes = {name: code_of(name) for name in parts.NAMES}
    if not is_ours:
        codes["MicroEnterprises"] += b"\0"
    while boa.env.get_code((found := parts.addresses_of(codes))["MicroEnterprises"]):
        codes["MicroEnterprises"] += b"\0"
    for part in parts.PARTS:
        if boa.env.get_code(found[part.name]):
            # what is told of nothing is shared
            continue
        if part.step is None:
            code = addresses.SALT + parts.creation(part, codes, found)
            boa.env.raw_call(addresses.PROXY, data=code)
        else:
            deployer("System.vy").at(found["System"]).deploy(part.step, codes[part.name])
    return found


@dataclass(frozen=True)
class Node:
    """A registered ME with a key."""

    me: int
    key: LocalAccount

    @property
    def account(self) -> str:
        return self.key.address


class World:
    """Everything that exists before the first EMC."""

    def __init__(self, nodes: int = 3, is_ours: bool = True) -> None:
        compile_system()
        at = deploy_system(is_ours)
        self.deployer = str(boa.env.eoa)
        self.system = deployer("System.vy").at(at["System"])
        self.registry = deployer("MicroEnterprises.vy").at(at["MicroEnterprises"])
        self.pages = deployer("Pages.vy").at(at["Pages"])
        self.implementation = deployer("EMC.vy").at(at["EMC"])
        self.consent = deployer("Consent.vy").at(at["Consent"])
        self.changes = deployer("Changes.vy").at(at["Changes"])
        self.conduct = deployer("Conduct.vy").at(at["Conduct"])
        self.goals = deployer("Goals.vy").at(at["Goals"])
        self.calls = deployer("CallForBids.vy").at(at["CallForBids"])
        self.reputation = deployer("Reputation.vy").at(at["Reputation"])
        self.checkout = deployer("Checkout.vy").at(at["Checkout"])
        self.buyer = boa.env.generate_address("buyer")
        self.stranger = boa.env.generate_address("stranger")
        for who in (self.buyer, self.stranger):
            boa.env.set_balance(who, 10**9 * COIN)
        self.nodes: list[Node] = []
        self.register(nodes)

    def next_address(self, ahead: int = 0) -> str:
        """Where the deployer's next contract will be, or the one `ahead` after it."""
        sender = bytes.fromhex(self.deployer[2:])
        nonce = boa.env.evm.vm.state.get_nonce(sender)
        return to_checksum_address(keccak(rlp.encode([sender, nonce + ahead]))[12:])

    def register(self, count: int) -> list[Node]:
        """Register so many more MEs, each with a key of its own."""
        new = []
        for _ in range(count):
            index = len(self.nodes) + 1
            key = Account.from_key(keccak(text=f"node {index}"))
            boa.env.set_balance(key.address, COIN)
            with boa.env.prank(key.address):
                me = self.registry.register(2, 0, "https://example.org/me.json", keccak(b"profile"))
            self.nodes.append(Node(me, key))
            new.append(self.nodes[-1])
        return new

    def other_consent(self) -> tuple[VyperContract, VyperContract]:
        """Another Consent of this chain, for the same MEs, and the EMC that it copies."""
        rooms = (self.next_address(1), address("changes"), address("conduct"), address("goals"))
        emc = deployer("EMC.vy").deploy(rooms, self.pages.address)
        return deployer("Consent.vy").deploy(emc.address, self.registry.address), emc

    def token(self, decimals: int = 6, path: str = "mocks/Token.vy", *args: Any) -> VyperContract:
        """A token with plenty in the buyer's hands."""
        token = deployer(path).deploy(*(args or ("Token", "TKN", decimals)))
        token.mint(self.buyer, 10**27)
        return token

    def rows(
        self,
        shares: list[int] | None = None,
        payees: list[str] | None = None,
        running: list[int] | None = None,
        costs: list[int] | None = None,
    ) -> tuple[Row, ...]:
        """Rows of the first nodes: by default equal shares, no costs, wide bounds."""
        count = len(shares or payees or running or costs or self.nodes)
        if shares is None:
            shares = [PPM // count] * count
            shares[0] += PPM - sum(shares)
        if len(self.nodes) < count:
            self.register(count - len(self.nodes))
        return tuple(
            tables.row(
                i,
                shares[i],
                party=self.nodes[i].me,
                payee=payees[i] if payees else address(f"payee {i}"),
                running=running[i] if running else 0,
                cost=costs[i] if costs else 0,
            )
            for i in range(count)
        )

    def terms(self, rows: tuple[Row, ...] | None = None, **changes: Any) -> Terms:
        """Terms that can be signed now: gate none, goal far away, one year long.

        `changes` replace fields of the terms, of their goal, or of the goal's only measure.
        """
        now = boa.env.timestamp
        values: dict[str, Any] = {
            "canvas": keccak(b"canvas"),
            "benchmark": 10**24,
            "target": 2 * 10**24,
            "deadline": now + 300 * 86_400,
            "ends_at": now + 365 * 86_400,
            "rows": rows if rows is not None else self.rows(),
            "renegotiation": Renegotiation(quorum=700_000),
            "leaving": Leaving(notice=14 * 86_400, cure=7 * 86_400, expulsion=500_000),
        }
        return tables.terms(**{**values, **changes})

    def accounts(self, terms: Terms) -> list[str]:
        """The nodes' current accounts."""
        return [str(each) for each in self.registry.accounts_of([row.party for row in terms.nodes])]

    def address_of(self, terms: Terms) -> str:
        """Where Consent says the EMC of these terms is or will be."""
        return str(self.consent.address_of(self.accounts(terms), terms.hash()))

    def signature(
        self,
        terms: Terms,
        index: int,
        *,
        deadline: int = FAR,
        **changes: Any,
    ) -> tuple[int, int, bytes]:
        """A node's signature; `changes` replace arguments of the typed data, `key` the signer's
        key.
        """
        node = self.nodes[index]
        key = changes.pop("key", node.key)
        domain = Domain(
            changes.pop("chain_id", boa.env.evm.patch.chain_id),
            "Consent",
            changes.pop("consent", self.consent.address),
        )
        message = typed_data.agreement(
            domain,
            **{
                "emc": changes.pop("emc", None) or self.address_of(terms),
                "terms": terms,
                "row": terms.rows[index],
                "signer": key.address,
                "deadline": deadline,
                **changes,
            },
        )
        signed = key.sign_message(typed_data.signable(message))
        return index, deadline, bytes(signed.signature)

    def domain(self, room: str) -> Domain:
        """What binds a message to this chain and a room of the authority."""
        at = getattr(self, room.lower()).address
        return Domain(boa.env.evm.patch.chain_id, room, str(at))

    def signatures(self, terms: Terms, **changes: Any) -> list[tuple[int, int, bytes]]:
        """Every node's signature."""
        # the same for all: asked once
        at = {"emc": changes.pop("emc", None) or self.address_of(terms)}
        return [self.signature(terms, i, **at, **changes) for i in range(len(terms.nodes))]

    def make(
        self,
        terms: Terms | None = None,
        given: list[Any] | None = None,
        by: str | None = None,
    ) -> VyperContract:
        """Make an EMC, by default as a stranger with every signature."""
        terms = terms or self.terms()
        given = self.signatures(terms) if given is None else given
        with boa.env.prank(by or self.stranger):
            at = self.consent.make(terms.head(), terms.packed_rows(), given)
        return deployer("EMC.vy").at(at)

    def sell(
        self,
        emc: VyperContract,
        amount: int,
        number: int,
        token: Any = None,
        customer: bytes = CUSTOMER,
    ) -> None:
        """The buyer pays one order, with the allowance it needs."""
        with boa.env.prank(self.buyer):
            if token is None:
                emc.sale(number, amount, customer, value=amount)
            else:
                token.approve(emc.address, amount)
                emc.sale(number, amount, customer)


def with_measure(goal: Goal, **changes: Any) -> Goal:
    """A goal whose only measure is changed, or anything else of it."""
    (measure,) = goal.measures
    own = {name: changes.pop(name) for name in vars(measure) if name in changes}
    return replace(goal, measures=(replace(measure, **own),), **changes)


def received(payee: str, token: Any = None) -> int:
    """What a payee has."""
    return token.balanceOf(payee) if token else boa.env.get_balance(payee)


def events(contract: Any, name: str) -> list[Any]:
    """The events of a name in the contract's last transaction."""
    return [log for log in contract.get_logs() if type(log).__name__ == name]


def skip(seconds: int) -> None:
    """Let time pass."""
    boa.env.time_travel(seconds=seconds)


__all__ = [
    "COIN",
    "CUSTOMER",
    "FAR",
    "NATIVE",
    "Node",
    "World",
    "address",
    "deployer",
    "events",
    "received",
    "replace",
    "skip",
    "with_measure",
]
