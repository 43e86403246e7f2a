"""The contracts that all EMCs of a chain share, and how an EMC is formed with them.

Takes terms and signatures from the core and accounts from the chain edge; prints nothing.
"""

from functools import cache, partial
from typing import TYPE_CHECKING

from eth_utils.address import to_checksum_address

from emc.chain.edge import Chain, Logged
from emc.chain.tokens import what_is
from emc.client import creating, deploying, runtime
from emc.client.agreement import NOT_MADE, Agreement, stage_of
from emc.core.terms import NATIVE, Terms
from emc.errors import EMCError
from emc.files import systems
from emc.files.bundle import Bundle

if TYPE_CHECKING:
    from ape.api import AccountAPI

# where the terms of an EMC come from
TABLE = ("Consent", "Changes", "Conduct")
# how long a node's signature may be counted by default
SIGNATURE_SPAN = 7 * 86_400


class System:
    """The contracts that all EMCs of a chain share, after somebody has looked at their code."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        at = systems.ours()
        chain.first_block = cache(partial(deploying.first_block, chain, at["System"]))
        self.implementation = at["EMC"]
        there = partial(chain.contract, is_there=True)
        self.registry = there("MicroEnterprises", at["MicroEnterprises"])
        self.consent = there("Consent", at["Consent"])
        self.changes = there("Changes", at["Changes"])
        self.conduct = there("Conduct", at["Conduct"])
        self.goals = there("Goals", at["Goals"])
        self.calls = there("CallForBids", at["CallForBids"])
        self.reputation = there("Reputation", at["Reputation"])
        self.checkout = there("Checkout", at["Checkout"])

    def address_of(self, name: str) -> str:
        """The address of one of the contracts."""
        return systems.ours()[name]

    def events(self, *names: str, emc: str | None = None) -> list[Logged]:
        """What some of the contracts logged, in the order of the chain; about one EMC, if named."""
        return self.chain.events({self.address_of(name): name for name in names}, emc)

    @classmethod
    def load(cls, chain: Chain) -> "System":
        """The system of this version, its code checked.

        Raises:
            EMCError: it is not on this chain, is incomplete, or its code is not ours.
        """
        at = systems.ours()
        missing = [name for name in at if not runtime.is_ours(chain, name, at)]
        foreign = [name for name in missing if chain.provider.get_code(at[name])]
        if foreign:
            raise EMCError(
                f"{at[foreign[0]]} on chain {chain.id} does not run our {foreign[0]}",
                "ask another node; on a chain that works like Ethereum this is impossible",
            )
        if len(missing) == len(at):
            raise EMCError(
                f"there is no system {systems.version()} on chain {chain.id}",
                "deploy it: `emc system deploy`",
            )
        if missing:
            raise EMCError(
                f"the system {systems.version()} on chain {chain.id} is incomplete: "
                f"{', '.join(missing)} missing",
                "go on with `emc system deploy`",
            )
        return cls(chain)

    @classmethod
    def deploy(
        cls, chain: Chain, sender: "AccountAPI", told: creating.Progress = creating.silent
    ) -> "System":
        """The system of this version; missing contracts are created.

        Args:
            told: Called with each contract that was created.
        """
        creating.create(chain, sender, told)
        return cls(chain)

    # EMCs

    def stage(self, bundle: Bundle) -> str:
        """NOT MADE before it is made, then the EMC's stage.

        Raises:
            EMCError: the bundle is for another chain or system.
        """
        check_ours(self.chain, bundle)
        if bytes(self.consent.terms_of(bundle.emc)) == b"\0" * 32:
            return NOT_MADE
        return stage_of(int(self.chain.contract("EMC", bundle.emc).stage()))

    def is_in_force(self, bundle: Bundle) -> bool:
        """Whether the terms of an agreement are those that count now."""
        return bytes(self.consent.terms_of(bundle.emc)) == bundle.terms.hash()

    def accounts_of(self, terms: Terms) -> tuple[str, ...]:
        """The nodes' current accounts, in the order of the rows."""
        mes = [row.party for row in terms.nodes]
        return tuple(str(each) for each in self.registry.accounts_of(mes))

    def accounts_at_birth(self, emc: str, first: Terms) -> tuple[str, ...]:
        """The accounts that the nodes had when Consent made an EMC, from the registry's events."""
        made = next(each for each in self.events("Consent", emc=emc) if each.name == "Made")
        accounts: dict[int, str] = {}
        for event in self.events("MicroEnterprises"):
            is_before = (event.block, event.place) < (made.block, made.place)
            if is_before and event.name == "Registered":
                accounts[int(event.args["me"])] = str(event.args["account"])
            elif is_before and event.name == "AccountRotated":
                accounts[int(event.args["me"])] = str(event.args["new"])
        return tuple(accounts.get(int(row.party), NATIVE) for row in first.nodes)

    def made_from(self, bundle: Bundle) -> "Agreement":
        """The EMC of an agreement.

        Raises:
            EMCError: it is not made yet, or is of another chain or system.
        """
        if self.stage(bundle) == NOT_MADE:
            raise EMCError(
                f"{bundle.emc} has not been made yet: do not pay there",
                "`emc status` of its agreement file says who has not agreed",
            )
        return self.agreement(bundle.emc)

    def agreement(self, emc: str) -> "Agreement":
        """An EMC that Consent made.

        Raises:
            EMCError: it is not one; says which version made it, if another did.
        """
        if bytes(self.consent.terms_of(emc)) == b"\0" * 32:
            check_version(self.chain, emc)
            ours = next(
                (name for name, at in systems.ours().items() if at == to_checksum_address(emc)),
                None,
            )
            found = f"is our {ours}" if ours else what_is(self.chain, emc)
            raise EMCError(
                f"{emc} is not an EMC made by Consent {self.consent.address}: it {found}",
                "check address and network: `emc list` shows the EMCs that were made there",
            )
        return Agreement(self.chain, emc)


def check_version(chain: Chain, emc: str) -> None:
    """Check that an EMC is not of another version.

    Raises:
        EMCError: it is; says of which.
    """
    code = bytes(chain.provider.get_code(to_checksum_address(emc)))
    maker = systems.maker_of(runtime.target_of(code) or "")
    if maker is not None and maker.contracts["EMC"] != systems.ours()["EMC"]:
        raise EMCError(
            f"{emc} was made by version {maker.version}", "use that release of the tools"
        )


def check_ours(chain: Chain, bundle: Bundle) -> None:
    """Check that an agreement is for this version's system.

    Raises:
        EMCError: it is for another chain, or for another system.
    """
    if bundle.chain_id != chain.id:
        raise EMCError(
            f"this agreement is for chain {bundle.chain_id}, not {chain.id}",
            "choose its network with --network",
        )
    ours = systems.ours()
    wanted = ours["Consent"].lower(), ours["EMC"].lower()
    if (bundle.consent.lower(), bundle.implementation.lower()) != wanted:
        maker = systems.maker_of(bundle.implementation)
        version = f" of version {maker.version}" if maker is not None else ""
        raise EMCError(
            f"this agreement is for Consent {bundle.consent}{version}, not for "
            f"{ours['Consent']} of version {systems.version()}",
            "use the release of the tools that made it",
        )
