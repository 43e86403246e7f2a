"""Which contracts are believed: those of the deployment, if their code is what it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from emc import artifacts
from emc.audit.read import abi
from emc.errors import EMCError
from emc.files import deployments
from emc.rpc.node import Node

ROOMS = ("Consent", "Changes", "Conduct", "Goals")


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

    @property
    def rooms(self) -> dict[str, str]:
        """Name by address, of the table's rooms."""
        return dict(zip((self.consent, self.changes, self.conduct, self.goals), ROOMS, strict=True))

    @property
    def by_name(self) -> dict[str, str]:
        """Address by the contract's name."""
        named = {name: at for at, name in self.rooms.items()}
        named |= {"MicroEnterprises": self.registry, "EMC": self.implementation}
        return named | ({"Reputation": self.reputation} if self.reputation else {})

    def emc_at(self, creator: str, terms_hash: bytes) -> str:
        """Where Consent puts an EMC."""
        salt = keccak(abi.words(creator, terms_hash))
        code = bytes.fromhex("602d3d8160093d39f3363d3d373d3d3d363d73")
        code += bytes.fromhex(self.implementation[2:])
        code += bytes.fromhex("5af43d82803e903d91602b57fd5bf3")
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
    """The contracts of the deployment file, else those that an EMC names; their code checked.

    Raises:
        EMCError: nothing is known, or a contract is not what it should be.
    """
    filed = deployments.read(chain_id)
    consent = filed.addresses()["Consent"]
    if consent is None:
        if emc is None:
            raise EMCError(
                f"no contracts are known on chain {chain_id}",
                f"name an EMC, or write {deployments.path_of(chain_id)}",
            )
        (answer,) = await node.calls([(emc, abi.selector("table()"), head)])
        if answer is None or len(answer) != 128:
            raise EMCError(f"{emc} is not an EMC", "check network and address")
        consent = _address(answer[:32])
    # nobody's word counts here: what a contract says of the others, their code must bear out
    asked = [
        (consent, abi.selector("implementation()"), head),
        (consent, abi.selector("micro_enterprises()"), head),
    ]
    told = await node.calls(asked)
    if any(each is None or len(each) != 32 for each in told):
        raise EMCError(f"{consent} is not a Consent", "check network and address")
    implementation, registry = (_address(each or b"") for each in told)
    (rooms,) = await node.calls([(implementation, abi.selector("table()"), head)])
    if rooms is None or len(rooms) != 128:
        raise EMCError(f"{implementation} is not an EMC implementation", "check the address")
    consent_, changes, conduct, goals = (_address(rooms[at : at + 32]) for at in range(0, 128, 32))
    reputation = filed.addresses().get("Reputation")
    known = Known(consent_, changes, conduct, goals, registry, implementation, reputation)
    if known.consent != to_checksum_address(consent):
        raise EMCError(
            f"EMCs of {consent} obey {known.consent}", "they are nobody's: check the deployment"
        )
    await _check_code(node, known, head)
    return known


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
                "audit it with the version that its deployment names",
            )


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


def is_published(code: bytes) -> bool:
    """Whether code is that of the published EMC implementation, whatever it obeys."""
    runtime = bytes.fromhex(artifacts.load("EMC")["runtime"][2:])
    return code[: len(runtime)] == runtime


def _address(word: bytes) -> str:
    return abi.address(int.from_bytes(word[-20:], "big"))
