"""The contracts that all EMCs of a chain share, and how an EMC is formed with them.

Takes terms and signatures from the core and accounts from the chain edge; prints nothing.
"""

from functools import cache, partial
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from emc.chain import edge
from emc.chain.edge import Chain
from emc.chain.tokens import what_is
from emc.client import creating, deploying, runtime
from emc.client.agreement import NOT_MADE, Agreement, stage_of
from emc.client.signing import signature_of
from emc.core import typed_data
from emc.core.terms import NATIVE, Row, Terms
from emc.errors import EMCError
from emc.files import systems
from emc.files.bundle import Bundle, Signature

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI

# how long a node's signature may be counted by default
SIGNATURE_SPAN = 7 * 86_400
# kinds of ME, as MicroEnterprises numbers them: the leader faces users
USER, NODE, EXTERNAL = 1, 2, 4


class System:
    """The contracts that all EMCs of a chain share."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        at = systems.ours()
        chain.first_block = cache(partial(deploying.first_block, chain, at["System"]))
        self.implementation = at["EMC"]
        self.registry = chain.contract("MicroEnterprises", at["MicroEnterprises"])
        self.consent = chain.contract("Consent", at["Consent"])
        self.changes = chain.contract("Changes", at["Changes"])
        self.conduct = chain.contract("Conduct", at["Conduct"])
        self.goals = chain.contract("Goals", at["Goals"])
        self.calls = chain.contract("CallForBids", at["CallForBids"])
        self.reputation = chain.contract("Reputation", at["Reputation"])
        self.checkout = chain.contract("Checkout", at["Checkout"])

    def address_of(self, name: str) -> str:
        """Where one of the contracts is."""
        return systems.ours()[name]

    @classmethod
    def load(cls, chain: Chain) -> "System":
        """The system of this version, its code checked.

        Raises:
            EMCError: it is not on this chain, not whole, or what is there is not ours.
        """
        at = systems.ours()
        missing = [name for name in at if not runtime.is_ours(chain, name, at)]
        foreign = [name for name in missing if chain.provider.get_code(at[name])]
        if foreign:
            raise EMCError(
                f"{at[foreign[0]]} on chain {chain.id} does not run our {foreign[0]}",
                "ask another node; on a chain that works as Ethereum does this cannot be",
            )
        if len(missing) == len(at):
            raise EMCError(
                f"there is no system {systems.version()} on chain {chain.id}",
                "deploy it: `emc system deploy`",
            )
        if missing:
            raise EMCError(
                f"the system {systems.version()} on chain {chain.id} is not whole: "
                f"{', '.join(missing)} missing",
                "go on with `emc system deploy`",
            )
        return cls(chain)

    @classmethod
    def deploy(
        cls, chain: Chain, sender: "AccountAPI", told: creating.Progress = creating.silent
    ) -> "System":
        """The system of this version; what is not there yet is created.

        Args:
            told: Hears of each contract that was created.
        """
        creating.create(chain, sender, told)
        return cls(chain)

    def register(
        self, account: "AccountAPI", kind: int, uri: str = "", digest: bytes = b"\0" * 32
    ) -> int:
        """The account's ME id; registers it if it has none."""
        me = int(self.registry.me_of(account.address))
        if me == 0:
            edge.send(
                f"registering {account.address}",
                self.registry.register,
                kind,
                0,
                uri,
                digest,
                sender=account,
            )
            me = int(self.registry.me_of(account.address))
        return me

    # formation

    def row_of(self, bundle: Bundle, account: str) -> Row:
        """The row for which an account signs.

        Raises:
            EMCError: it signs for none.
        """
        me = int(self.registry.me_of(account))
        for row in bundle.terms.nodes:
            if me and row.party == me:
                return row
        raise EMCError(
            f"{account} is not the account of a node in this agreement",
            "sign with the account that the node's ME has now",
        )

    def row_to_sign(self, bundle: Bundle, account: str) -> Row:
        """The row for which an account signs an agreement that is not made yet.

        Raises:
            EMCError: it is made, cannot be made, or the account signs for no row.
        """
        if (stage := self.stage(bundle)) != NOT_MADE:
            me = int(self.registry.me_of(account))
            own = [
                f", row {each.id} of yours too" for each in bundle.terms.nodes if each.party == me
            ]
            raise EMCError(
                f"all have agreed{''.join(own)}: this EMC is made and {stage}",
                "`emc amend` and `emc renegotiate` change what is in force",
            )
        self.check(bundle)
        return self.row_of(bundle, account)

    def message(self, bundle: Bundle, row: Row, signer: str, deadline: int) -> dict[str, Any]:
        """The typed data that the signer of a row signs."""
        nonce = int(self.consent.nonce_of(bundle.emc, signer))
        return bundle.message(row, signer, deadline, nonce)

    def sign(self, bundle: Bundle, account: "AccountAPI", deadline: int | None = None) -> Signature:
        """A node's signature by its account, checked before it is handed out.

        Raises:
            EMCError: the account is no node's, or gave no signature that recovers to it.
        """
        row = self.row_of(bundle, account.address)
        until = deadline if deadline is not None else self.chain.now + SIGNATURE_SPAN
        message = self.message(bundle, row, account.address, until)
        return signature_of(account, message)

    def fault(self, bundle: Bundle, signature: Signature) -> str:
        """Why a signature does not count, as the chain sees it now; empty if it does."""
        row = bundle.node(signature.index)
        if row is None:
            return f"row {signature.index} is no node of this agreement"
        account = str(self.registry.account_of(row.party))
        if signature.signer.lower() != account.lower():
            return f"signed by {signature.signer}, the account is {account}"
        if signature.deadline < self.chain.now:
            return "its signature has expired"
        if signature.nonce != int(self.consent.nonce_of(bundle.emc, account)):
            return "its signature was revoked"
        if self.chain.provider.get_code(account):
            # a contract wallet is asked when it is relayed
            return ""
        message = bundle.message(row, account, signature.deadline, signature.nonce)
        return typed_data.fault(message, signature.data, account)

    def check(self, bundle: Bundle) -> None:
        """Have Consent check the table before anything is sent.

        Raises:
            EMCError: the bundle is for another chain or system, breaks a rule of the terms, or was
                drawn up for other accounts.
        """
        if moved := self.check_terms(bundle):
            told = ", ".join(f"row {row} from {old} to {new}" for row, old, new in moved)
            raise EMCError(
                f"accounts have changed since this was drawn up: {told}",
                "draw it up again: the EMC's address follows from its nodes' accounts",
            )

    def check_terms(self, bundle: Bundle) -> list[tuple[int, str, str]]:
        """Have Consent check the table, whatever has become of the accounts.

        Returns:
            The rows whose ME has another account than when this was drawn up: row, old and new.

        Raises:
            EMCError: the bundle is for another chain or system, or breaks a rule of the terms.
        """
        check_ours(self.chain, bundle)
        terms = bundle.terms
        if self.checkout.address in (terms.backstop, *(row.payee for row in terms.rows)):
            # its address follows from Consent's, which therefore cannot refuse it
            raise EMCError(
                "a row or the backstop is paid at Checkout, where it would be nobody's",
                "name another payee",
            )
        at = edge.read("checking the terms", self.consent.check, terms.head(), terms.packed_rows())
        moved = [
            (row.id, old, new)
            for row, old, new in zip(
                terms.nodes, bundle.accounts, self.accounts_of(terms), strict=True
            )
            if old.lower() != new.lower()
        ]
        if at != bundle.emc and not moved:
            raise EMCError(
                f"Consent puts this EMC at {at}, the file at {bundle.emc}", "refuse the file"
            )
        return moved

    def stage(self, bundle: Bundle) -> str:
        """NOT MADE before it is made, then the EMC's stage.

        Raises:
            EMCError: the bundle is for another chain or system.
        """
        check_ours(self.chain, bundle)
        if bytes(self.consent.terms_of(bundle.emc)) == b"\0" * 32:
            return NOT_MADE
        return stage_of(int(self.chain.contract("EMC", bundle.emc).stage()))

    # agreeing

    def matter(self, bundle: Bundle) -> bytes:
        """The name under which the terms are approved on chain."""
        return bytes(self.consent.formation_matter(bundle.emc, bundle.terms.hash()))

    def has_approved(self, bundle: Bundle, account: str) -> bool:
        """Whether an account's approval on chain counts now."""
        until = self.consent.approved_until(bundle.emc, self.matter(bundle), account)
        return int(until) >= self.chain.now

    def approve(self, bundle: Bundle, account: "AccountAPI", until: int) -> None:
        """Agree by a transaction of the account."""
        self.row_of(bundle, account.address)
        matter = self.matter(bundle)
        edge.send("approving", self.consent.approve, bundle.emc, matter, until, sender=account)

    def revoke(self, bundle: Bundle, account: "AccountAPI") -> None:
        """Void what the account signed or approved for this EMC."""
        edge.send("revoking", self.consent.revoke, bundle.emc, sender=account)

    def words(self, bundle: Bundle) -> dict[int, str]:
        """What each node has said, by row: ``signed``, ``approved``, ``revoked``, ``missing``, or
        why its signature does not count.
        """
        given = {each.index: each for each in bundle.signatures}
        said = {}
        for row, account in zip(bundle.terms.nodes, bundle.accounts, strict=True):
            if row.id in given:
                why = self.fault(bundle, given[row.id])
            else:
                has_revoked = int(self.consent.nonce_of(bundle.emc, account)) > 0
                why = "revoked" if has_revoked else "missing"
            is_wallet = bool(self.chain.provider.get_code(account))
            # asking a wallet costs more than reading what it approved
            if (why or is_wallet) and self.has_approved(bundle, account):
                said[row.id] = "approved"
            else:
                said[row.id] = why or "signed"
        return said

    def missing(self, bundle: Bundle) -> dict[int, str]:
        """The rows that have not agreed, neither in the file nor on chain, and why not."""
        words = self.words(bundle)
        return {row: word for row, word in words.items() if word not in ("signed", "approved")}

    def is_in_force(self, bundle: Bundle) -> bool:
        """Whether the terms of an agreement are those that count now."""
        return bytes(self.consent.terms_of(bundle.emc)) == bundle.terms.hash()

    def relay(self, bundle: Bundle, sender: "AccountAPI") -> "ReceiptAPI | None":
        """Make the EMC to whose terms every node has agreed, unless it is there.

        Returns:
            The receipt, or nothing if there was nothing to do.

        Raises:
            EMCError: a node has not agreed; says which.
        """
        if self.stage(bundle) != NOT_MADE:
            return None
        self.check(bundle)
        words, terms = self.words(bundle), bundle.terms
        missing = {row: word for row, word in words.items() if word not in ("signed", "approved")}
        if missing:
            agreed = len(words) - len(missing)
            raise EMCError(
                f"{agreed} of {len(words)} have agreed",
                f"still to sign: {', '.join(bundle.called(missing))}",
            )
        given = [each for each in bundle.signatures if words[each.index] == "signed"]
        wallets = [each.index for each in given if self.chain.provider.get_code(each.signer)]
        signed = [each.argument() for each in given]
        call = (self.consent.make, terms.head(), terms.packed_rows(), signed)
        edge.check_fits("making the EMC", wallets, *call, sender=sender)
        return edge.send("making the EMC", *call, sender=sender)

    def accounts_of(self, terms: Terms) -> tuple[str, ...]:
        """The nodes' current accounts, in the order of the rows."""
        mes = [row.party for row in terms.nodes]
        return tuple(str(each) for each in self.registry.accounts_of(mes))

    def accounts_at_birth(self, emc: str, first: Terms) -> tuple[str, ...]:
        """The accounts that the nodes had when Consent made an EMC, from the registry's events."""
        at = {str(self.consent.address): "Consent"}
        made = next(each for each in self.chain.events(at, emc) if each.name == "Made")
        accounts: dict[int, str] = {}
        for event in self.chain.events({str(self.registry.address): "MicroEnterprises"}):
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
                f"{bundle.emc} is not made yet: nothing may be paid there",
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
    """See that an EMC is not one of another version.

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
    """See that an agreement is one of this version's system.

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
