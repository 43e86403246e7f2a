"""Which contracts are believed: those of this version, or those that an EMC obeys if their code is
that of this version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import cache

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc import artifacts
from emc.audit.read import abi
from emc.core.addresses import created, proxied
from emc.errors import EMCError
from emc.rpc.node import Node

ROOMS = ("Consent", "Changes", "Conduct", "Goals")
# what System creates, in its order
CYCLE = ("EMC", *ROOMS)


@dataclass(frozen=True)
class Known:
    """The contracts that all EMCs of a deployment share, by address."""

    consent: str
    changes: str
    conduct: str
    goals: str
    registry: str
    implementation: str
    reputation: str | None = None
    checkout: str | None = None

    @property
    def rooms(self) -> dict[str, str]:
        """Name by address, of the table's rooms."""
        return dict(zip((self.consent, self.changes, self.conduct, self.goals), ROOMS, strict=True))

    @property
    def by_name(self) -> dict[str, str]:
        """Address by the contract's name."""
        named = {name: at for at, name in self.rooms.items()}
        named |= {"MicroEnterprises": self.registry, "EMC": self.implementation}
        others = {"Reputation": self.reputation, "Checkout": self.checkout}
        return named | {name: at for name, at in others.items() if at}

    @property
    def proxy(self) -> bytes:
        """The code of an EMC, which passes everything on to the implementation (ERC-1167)."""
        at = bytes.fromhex(self.implementation[2:])
        begin = bytes.fromhex("363d3d373d3d3d363d73")
        return begin + at + bytes.fromhex("5af43d82803e903d91602b57fd5bf3")

    def emc_at(self, accounts: Sequence[str], terms_hash: bytes) -> str:
        """Where Consent puts an EMC of nodes with these accounts."""
        salt = keccak(abi.words(64, terms_hash, len(accounts), *accounts))
        code = bytes.fromhex("602d3d8160093d39f3") + self.proxy
        body = b"\xff" + bytes.fromhex(self.consent[2:]) + salt + keccak(code)
        return abi.address(int.from_bytes(keccak(body)[12:], "big"))

    @classmethod
    def from_meta(cls, about: Mapping[str, str]) -> "Known":
        """From a store that was synced."""
        return cls(**{each.name: about[each.name] or None for each in fields(cls)})  # type: ignore[arg-type]

    def as_meta(self) -> dict[str, str]:
        """For the store."""
        return {name: value or "" for name, value in asdict(self).items()}


async def find(node: Node, chain_id: int, head: int, emc: str | None) -> Known:
    """The contracts that an EMC names, else those of this version; their code checked.

    Raises:
        EMCError: there are none, another version made the EMC, or a contract is not what it should
            be.
    """
    here = ours()
    consent = here["Consent"]
    if emc is not None:
        await _check_version(node, head, emc)
        (answer,) = await node.calls([(emc, abi.selector("authority()"), head)])
        if answer is None or len(answer) != 128:
            raise EMCError(f"{emc} is not an EMC", "check network and address")
        consent = _address(answer[:32])
    elif not (await node.codes([(consent, head)]))[0]:
        raise EMCError(f"this version's contracts are not on chain {chain_id}", "check the network")
    # nobody's word counts here: what a contract says of the others, their code must bear out
    asked = [
        (consent, abi.selector("implementation()"), head),
        (consent, abi.selector("micro_enterprises()"), head),
    ]
    told = await node.calls(asked)
    if any(each is None or len(each) != 32 for each in told):
        raise EMCError(f"{consent} is not a Consent", "check network and address")
    implementation, registry = (_address(each or b"") for each in told)
    (rooms,) = await node.calls([(implementation, abi.selector("authority()"), head)])
    if rooms is None or len(rooms) != 128:
        raise EMCError(f"{implementation} is not an EMC implementation", "check the address")
    consent_, changes, conduct, goals = (_address(rooms[at : at + 32]) for at in range(0, 128, 32))
    reputation = None
    if consent == here["Consent"] and (await node.codes([(here["Reputation"], head)]))[0]:
        reputation = here["Reputation"]
    known = Known(consent_, changes, conduct, goals, registry, implementation, reputation)
    known = await _with_checkout(node, known, head)
    if known.consent != to_checksum_address(consent):
        raise EMCError(
            f"EMCs of {consent} obey {known.consent}",
            "they belong to no known system: check the address",
        )
    await _check_code(node, known, head)
    return known


@cache
def ours() -> dict[str, str]:
    """Where the contracts of this version are on every chain: as their creation code says."""
    code = {
        name: bytes.fromhex(artifacts.load(name)["bytecode"][2:])
        for name in (*CYCLE, "MicroEnterprises", "Pages", "System", "Reputation", "Checkout")
    }
    at = {name: proxied(code[name]) for name in ("MicroEnterprises", "Pages")}
    told = b"".join(keccak(code[name]) for name in CYCLE)
    told += abi.words(at["Pages"], at["MicroEnterprises"])
    at["System"] = proxied(code["System"] + told)
    # a contract's own nonce begins at 1
    at |= {name: created(at["System"], nonce) for nonce, name in enumerate(CYCLE, start=1)}
    at["Reputation"] = proxied(code["Reputation"] + abi.words(at["EMC"], at["MicroEnterprises"]))
    at["Checkout"] = proxied(code["Checkout"] + abi.words(at["Consent"]))
    return at


async def _check_version(node: Node, head: int, emc: str) -> None:
    """An EMC is not one of another version of this package."""
    (code,) = await node.codes([(emc, head)])
    for each in artifacts.systems():
        implementation = each["contracts"]["EMC"]
        if bytes.fromhex(implementation[2:]) in code and implementation != ours()["EMC"]:
            raise EMCError(
                f"{emc} was made by version {each['version']}", "audit it with that release"
            )


async def _check_code(node: Node, known: Known, head: int) -> None:
    """Each room is the contract that this version knows, and was told what the others were."""
    asked = [*known.rooms.items(), (known.registry, "MicroEnterprises")]
    codes = await node.codes([(at, head) for at, _ in asked])
    for (at, name), code in zip(asked, codes, strict=True):
        runtime = bytes.fromhex(artifacts.load(name)["runtime"][2:])
        is_ours = _is_ours(name, code, known)
        # the registry was told of nobody
        if not is_ours and (name in ROOMS or not code.startswith(runtime)):
            raise EMCError(
                f"the contract at {at} is not the {name} that this version knows",
                "audit it with the version that made it",
            )


async def _with_checkout(node: Node, known: Known, head: int) -> Known:
    """The same with the Checkout whose orders are those of Consent's EMCs, where it is there: its
    address follows from its code and Consent's address.
    """
    artifact = artifacts.load("Checkout")
    told = abi.words(known.consent)
    at = proxied(bytes.fromhex(artifact["bytecode"][2:]) + told)
    (code,) = await node.codes([(at, head)])
    is_ours = code == bytes.fromhex(artifact["runtime"][2:]) + told
    return replace(known, checkout=at if is_ours else None)


async def with_reputation(node: Node, known: Known, named: Sequence[str], head: int) -> Known:
    """The same with the Reputation that keeps ratings of EMCs, if one of those named is it.

    Anybody can deploy one, and open the reviews of everybody's EMCs there first: only what was
    signed, or what the reader names, tells which is meant. Its code must be ours, too.

    Args:
        named: Registries that terms or the reader name, the reader's first.
    """
    unique = list(dict.fromkeys(named))
    for at, code in zip(unique, await node.codes([(at, head) for at in unique]), strict=True):
        if _is_ours("Reputation", code, known):
            return replace(known, reputation=at)
    return known


def _is_ours(name: str, code: bytes, known: Known) -> bool:
    """Whether code is that of a contract, told of the same others."""
    runtime = bytes.fromhex(artifacts.load(name)["runtime"][2:])
    told = abi.words(known.implementation, known.registry, *known.rooms)
    return code.startswith(runtime) and code[len(runtime) :].endswith(told)


async def foreign(node: Node, known: Known, head: int) -> list[str]:
    """What an EMC's money depends on and is not the code of this version, in words: the EMC's
    implementation, whom that obeys, and who writes its payment pages.
    """
    (code,) = await node.codes([(known.implementation, head)])
    if not is_published(code):
        return [f"the EMC's code at {known.implementation}"]
    told = code[len(bytes.fromhex(artifacts.load("EMC")["runtime"][2:])) :]
    others = [told[at : at + 32] for at in range(0, len(told), 32)]
    for room in known.rooms:
        if abi.word(room) not in others:
            return [f"whom the EMC's code at {known.implementation} obeys"]
        others.remove(abi.word(room))
    if len(others) != 1 or len(others[0]) != 32:
        return [f"what the EMC's code at {known.implementation} was told"]
    pages = _address(others[0])
    (written,) = await node.codes([(pages, head)])
    if "0x" + written.hex() != artifacts.load("Pages")["runtime"]:
        return [f"the page writer {pages}"]
    return []


def is_published(code: bytes) -> bool:
    """Whether code is that of the published EMC implementation, whatever it obeys."""
    runtime = bytes.fromhex(artifacts.load("EMC")["runtime"][2:])
    return code[: len(runtime)] == runtime


def _address(word: bytes) -> str:
    return abi.address(int.from_bytes(word[-20:], "big"))
