"""Doing things on a chain: the shared contracts, and one agreement.

Takes terms and signatures from the core and accounts from the chain edge; prints nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from eth_utils.address import to_checksum_address

from emc import artifacts, deployments, typed_data
from emc import chain as edge
from emc.bundle import Bundle, Signature
from emc.chain import Chain
from emc.errors import EMCError
from emc.orders import Batch, Order
from emc.terms import NATIVE, Row
from emc.units import Currency

if TYPE_CHECKING:
    from ape.api import AccountAPI, ReceiptAPI
    from ape.contracts import ContractInstance

# how long a node's signature may be counted when nothing else is said
SIGNATURE_SPAN = 90 * 86_400
STAGES = {1: "SIGNING", 2: "DECLINED", 4: "ACTIVE", 8: "ENDED", 16: "CLOSED"}


class System:
    """The contracts that all EMCs of a chain share."""

    def __init__(self, chain: Chain, registry: str, implementation: str, consent: str) -> None:
        self.chain = chain
        self.registry = chain.contract("MicroEnterprises", registry)
        self.implementation = implementation
        self.consent = chain.contract("Consent", consent)

    @classmethod
    def load(cls, chain: Chain) -> "System":
        """The system that deployments/<chain-id>.json names, its code checked.

        Raises:
            EMCError: nothing is deployed, or what is there is not ours.
        """
        known = (
            deployments.Deployment(chain_id=chain.id)
            if chain.is_embedded
            else deployments.read(chain.id)
        )
        if known.micro_enterprises is None or known.implementation is None or known.consent is None:
            raise EMCError(
                f"no contracts are known on chain {chain.id}",
                f"deploy them with `emc deploy`, or write {deployments.path_of(chain.id)}",
            )
        return cls.at(chain, known.micro_enterprises, known.implementation, known.consent)

    @classmethod
    def at(cls, chain: Chain, registry: str, implementation: str, consent: str) -> "System":
        """The system at addresses, its code checked.

        Raises:
            EMCError: what is there is not ours.
        """
        for name, address in (
            ("MicroEnterprises", registry),
            ("EMC", implementation),
            ("Consent", consent),
        ):
            if not chain.has_code(name, address):
                raise EMCError(
                    f"{address} on chain {chain.id} does not run our {name}",
                    "check the network and the deployment file",
                )
        system = cls(chain, registry, implementation, consent)
        names = (system.consent.implementation(), system.consent.micro_enterprises())
        if names != (implementation, registry):
            raise EMCError(f"Consent at {consent} belongs to other contracts: {', '.join(names)}")
        return system

    @classmethod
    def deploy(cls, chain: Chain, sender: "AccountAPI") -> "System":
        """The chain's system; what is not there yet is deployed, step by step, each step kept."""
        known = (
            deployments.Deployment(chain_id=chain.id)
            if chain.is_embedded
            else deployments.read(chain.id)
        )

        def keep() -> None:
            if not chain.is_embedded:
                deployments.write(known)

        def runs(name: str, address: str | None) -> bool:
            return address is not None and chain.has_code(name, address)

        if not runs("MicroEnterprises", known.micro_enterprises):
            known.micro_enterprises = chain.deploy("MicroEnterprises", sender=sender).address
            known.consent = None
            keep()
        if not runs("EMC", known.implementation) or not runs("Consent", known.consent):
            # each needs the other: the EMC is told where Consent will be, Consent checks that it
            # was right
            ahead = chain.next_address(sender, 1)
            known.implementation = chain.deploy("EMC", ahead, sender=sender).address
            keep()
            known.consent = chain.deploy(
                "Consent", known.implementation, known.micro_enterprises, sender=sender
            ).address
            keep()
        assert known.micro_enterprises
        assert known.implementation
        assert known.consent
        return cls.at(chain, known.micro_enterprises, known.implementation, known.consent)

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

    def message(self, bundle: Bundle, row: Row, signer: str, deadline: int) -> dict[str, Any]:
        """The typed data that the signer of a row signs."""
        return typed_data.agreement(
            chain_id=self.chain.id,
            consent=self.consent.address,
            emc=bundle.emc,
            terms=bundle.terms,
            row=row,
            signer=signer,
            deadline=deadline,
            nonce=int(self.consent.nonce_of(bundle.emc, signer)),
        )

    def sign(self, bundle: Bundle, account: "AccountAPI", deadline: int | None = None) -> Signature:
        """A node's signature by its account, checked before it is handed out.

        Raises:
            EMCError: the account is no node's, or gave no signature that recovers to it.
        """
        row = self.row_of(bundle, account.address)
        until = deadline if deadline is not None else self.chain.now + SIGNATURE_SPAN
        message = self.message(bundle, row, account.address, until)
        with edge.speaking("signing"):
            signed = account.sign_message(typed_data.signable(message))
        if signed is None:
            raise EMCError(f"{account.address} did not sign", "confirm on the wallet")
        data = "0x" + signed.encode_rsv().hex()
        if typed_data.signer(message, data) != account.address:
            raise EMCError(
                f"the wallet's signature is not by {account.address}", "check the account"
            )
        return Signature(
            index=row.id,
            signer=account.address,
            nonce=message["message"]["nonce"],
            deadline=until,
            data=data,
        )

    def check(self, bundle: Bundle) -> None:
        """Have Consent check the table before anything is sent.

        Raises:
            EMCError: the bundle is for another chain or system, or breaks a rule of the terms.
        """
        ours = (self.chain.id, self.consent.address.lower(), self.implementation.lower())
        if (bundle.chain_id, bundle.consent.lower(), bundle.implementation.lower()) != ours:
            raise EMCError(
                f"this agreement is for chain {bundle.chain_id} and Consent {bundle.consent}",
                "choose its network with --network",
            )
        terms = bundle.terms
        at = edge.read(
            "checking the terms", self.consent.check, bundle.creator, terms.head(), terms.table()
        )
        if at != bundle.emc:
            raise EMCError(
                f"Consent puts this EMC at {at}, the file at {bundle.emc}", "refuse the file"
            )

    def stage(self, bundle: Bundle) -> str:
        """NONE before it is made, then the EMC's stage."""
        if self.consent.is_declined(bundle.emc):
            return "DECLINED"
        if bytes(self.consent.terms_of(bundle.emc)) == b"\0" * 32:
            return "NONE"
        return STAGES[int(self.chain.contract("EMC", bundle.emc).stage())]

    def relay(self, bundle: Bundle, sender: "AccountAPI") -> "ReceiptAPI | None":
        """Make the EMC if it is not there, and relay the signatures that are not there; the last
        activates.

        Returns:
            The receipt, or nothing if there was nothing to do.
        """
        self.check(bundle)
        stage = self.stage(bundle)
        terms = bundle.terms
        given = [signature.argument() for signature in bundle.signatures]
        if stage == "NONE":
            if sender.address.lower() != bundle.creator.lower():
                raise EMCError(
                    f"only its creator {bundle.creator} makes this EMC, not {sender.address}",
                    "choose the creator's account with --account",
                )
            return edge.send(
                "making the EMC",
                self.consent.make,
                terms.head(),
                terms.table(),
                given,
                sender=sender,
            )
        if stage != "SIGNING":
            return None
        given = [
            signature.argument()
            for signature in bundle.signatures
            if int(self.consent.seat_of(bundle.emc, signature.signer)) != signature.index + 1
        ]
        if not given:
            return None
        return edge.send(
            "relaying signatures",
            self.consent.sign,
            bundle.creator,
            terms.head(),
            terms.table(),
            given,
            sender=sender,
        )

    def agreement(self, emc: str) -> "Agreement":
        """An EMC that Consent made.

        Raises:
            EMCError: it is not one.
        """
        if bytes(self.consent.terms_of(emc)) == b"\0" * 32:
            raise EMCError(
                f"{emc} is not an EMC made by Consent {self.consent.address}", "check the address"
            )
        return Agreement(self.chain, emc)


@dataclass(frozen=True)
class Accounts:
    """Where everything that came in is, in base units: received is the sum of the others."""

    received: int
    paid: int
    credited: int
    held: int
    pending: int
    dust: int

    @property
    def is_conserved(self) -> bool:
        return self.received == (self.paid + self.credited + self.held + self.pending + self.dust)


class Agreement:
    """One EMC that is active or was."""

    def __init__(self, chain: Chain, address: str) -> None:
        self.chain = chain
        self.address = to_checksum_address(address)
        self.contract: ContractInstance = chain.contract("EMC", address)

    @property
    def abi(self) -> list[dict[str, Any]]:
        """For tools that decode events by themselves."""
        abi: list[dict[str, Any]] = artifacts.load("EMC")["abi"]
        return abi

    @property
    def stage(self) -> str:
        return STAGES[int(self.contract.stage())]

    @property
    def currency_address(self) -> str:
        """The settlement token, zero for native coin."""
        page = bytes(self.contract.page())
        return to_checksum_address(page[32:52])

    @property
    def token(self) -> "ContractInstance | None":
        address = self.currency_address
        return None if address == NATIVE else self.chain.contract("Token", address)

    @property
    def currency(self) -> Currency:
        """How the settlement currency is printed, as the token itself says."""
        token = self.token
        if token is None:
            return Currency("ETH", 18)
        symbol = "".join(c for c in str(token.symbol())[:16] if c.isprintable()) or "?"
        return Currency(symbol, int(token.decimals()))

    @property
    def accounts(self) -> Accounts:
        return Accounts(*(int(value) for value in self.contract.accounts()))

    def balance(self) -> int:
        """What lies at the EMC's address in its currency."""
        token = self.token
        if token is None:
            return int(self.chain.provider.get_balance(self.address))
        return int(token.balanceOf(self.address))

    # selling

    def unsold(self, payer: str, orders: Iterable[Order]) -> list[Order]:
        """The orders whose number the payer has not paid; one call per 256 numbers."""
        words: dict[int, int] = {}
        left = []
        for order in orders:
            word = order.number >> 8
            if word not in words:
                words[word] = int(self.contract.paid_word(payer, word))
            if words[word] >> (order.number & 255) & 1 == 0:
                left.append(order)
        return left

    def prepare(self, payer: "AccountAPI", amount: int) -> None:
        """See that the payer has `amount` and, in a token, that the EMC may pull it.

        Raises:
            EMCError: it has less.
        """
        token, currency = self.token, self.currency
        has = payer.balance if token is None else int(token.balanceOf(payer.address))
        if has < amount:
            raise EMCError(
                f"{payer.address} has {currency.format(has)}, "
                f"the orders need {currency.format(amount)}",
                "fund the account, or sell fewer orders",
            )
        if token is not None and int(token.allowance(payer.address, self.address)) < amount:
            edge.send("allowing the EMC to pull", token.approve, self.address, amount, sender=payer)

    def sell(
        self,
        payer: "AccountAPI",
        batches: Iterable[Batch],
        done: "Callable[[Batch, ReceiptAPI], None]",
    ) -> None:
        """Pay batches one after the other; `done` is told after each."""
        is_native = self.token is None
        for batch in batches:
            value = {"value": batch.amount} if is_native else {}
            receipt = edge.send(
                f"orders {batch.first} to {batch.orders[-1].number}",
                self.contract.sales,
                batch.first,
                batch.argument(),
                sender=payer,
                **value,
            )
            done(batch, receipt)
