"""A node whose account is a Safe: it signs by ERC-1271, approves on chain, and is paid."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount
from eth_typing import Hash32
from eth_utils.crypto import keccak
from web3 import Web3

from emc import artifacts
from emc.core import typed_data
from emc.core.terms import NATIVE, Terms
from emc.core.typed_data import Act, Domain
from emc.core.units import PPM
from tests import anvil, javascript, tables
from tests.safe import (
    PACKAGE,
    Safe,
    deploy,
    deploy_safes,
    deploy_system,
    execute,
    happened,
    reason,
    send,
    sign_message,
    transaction,
)

FAR = 2**40 - 1
ACTIVE = 1
NOT_THE_SIGNER = "signatures: not the signer"
MISSING = "consent: signature missing"
LEADER, SAFE = 0, 1

pytestmark = pytest.mark.anvil


def key(name: str) -> LocalAccount:
    """The same key in every run."""
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account


def digest_of(message: dict[str, Any]) -> Hash32:
    """The EIP-712 digest of a message."""
    signable: SignableMessage = typed_data.signable(message)
    return Hash32(keccak(b"\x19\x01" + signable.header + signable.body))


class Scene:
    """A system on a node, a leader with a key, and a Safe of two owners who must both sign."""

    def __init__(self, w3: Web3) -> None:
        self.w3 = w3
        self.buyer, self.stranger, self.outsider = w3.eth.accounts[1:4]
        self.system = deploy_system(w3)
        self.consent = self.system.consent
        self.token = deploy(w3, artifacts.load("Token"), "Token", "TKN", 6)
        send(self.token.functions.mint(self.buyer, 10**12), self.buyer)
        self.leader = key("leader")
        self.owners = (key("first owner"), key("second owner"))
        self.safes = deploy_safes(w3)
        self.safe = self.safes.make(self.owners, 2)
        register = self.register()
        w3.provider.make_request("anvil_setBalance", [self.leader.address, hex(10**18)])
        w3.provider.make_request("anvil_impersonateAccount", [self.leader.address])
        send(register, self.leader.address)
        execute(self.safe, register, self.stranger)

    def register(self) -> Any:
        """The call that makes its caller an ME."""
        return self.system.registry.functions.register(2, 0, "", keccak(b"profile"))

    def me_of(self, account: str) -> int:
        return int(self.system.registry.functions.me_of(account).call())

    def terms(self, **changes: Any) -> Terms:
        """The leader has 60 %, the Safe 40 % and is its own payee."""
        now = self.w3.eth.get_block("latest")["timestamp"]
        leader, safe = self.leader.address, self.safe.address
        rows = (
            tables.row(LEADER, 600_000, party=self.me_of(leader)),
            tables.row(SAFE, 400_000, party=self.me_of(safe), payee=safe),
        )
        values = {
            "ends_at": now + 365 * 86_400,
            "deadline": now + 300 * 86_400,
            "benchmark": 10**20,
            "target": 2 * 10**20,
        }
        return tables.terms(rows, **{**values, **changes})

    def emc(self, terms: Terms) -> Any:
        """The EMC of these terms, which may not be there yet."""
        mes = [row.party for row in terms.nodes]
        accounts = self.system.registry.functions.accounts_of(mes).call()
        return self.system.emc(self.consent.functions.address_of(accounts, terms.hash()).call())

    def digest(
        self, terms: Terms, index: int, signer: str, changes: dict[str, Any] | None = None
    ) -> Hash32:
        """What an account signs for a row; `changes` replace values of the message."""
        message = typed_data.agreement(
            Domain(self.w3.eth.chain_id, "Consent", self.consent.address),
            emc=self.emc(terms).address,
            terms=terms,
            row=terms.rows[index],
            signer=signer,
            deadline=FAR,
            nonce=self.consent.functions.nonce_of(self.emc(terms).address, signer).call(),
        )
        return digest_of({**message, "message": {**message["message"], **(changes or {})}})

    def by_leader(self, terms: Terms) -> tuple[int, int, bytes]:
        """The leader's signature by its key."""
        digest = self.digest(terms, LEADER, self.leader.address)
        return LEADER, FAR, bytes(self.leader.unsafe_sign_hash(digest).signature)

    def by_safe(self, terms: Terms, safe: Safe | None = None) -> tuple[int, int, bytes]:
        """A Safe's signature (by default of that with two owners), by all owners."""
        safe = safe or self.safe
        return SAFE, FAR, sign_message(safe, self.digest(terms, SAFE, safe.address))

    def renegotiating(
        self, emc: Any, terms: Terms, new: Terms, given: list[tuple[int, int, bytes]]
    ) -> Any:
        """The call that relays what nodes signed of new shares."""
        shares = [row.base << 56 | row.leading << 36 | row.upside << 16 for row in new.rows]
        return self.system.changes.functions.renegotiate(
            emc.address, terms.head(), terms.packed_rows(), shares, given
        )

    def later_digest(self, emc: Any, terms: Terms, index: int, signer: str) -> Hash32:
        """What an account signs for a row of the terms of the next epoch."""
        changes = self.system.changes
        message = typed_data.agreement(
            Domain(self.w3.eth.chain_id, "Changes", changes.address),
            emc=emc.address,
            act=Act.RENEGOTIATION,
            epoch=emc.functions.epoch().call() + 1,
            terms=terms,
            row=terms.rows[index],
            signer=signer,
            deadline=FAR,
            nonce=changes.functions.nonce_of(emc.address, signer).call(),
        )
        return digest_of(message)

    def make(self, terms: Terms, given: list[Any]) -> Any:
        """The EMC, made by a stranger with these signatures."""
        send(self.making(terms, given), self.stranger)
        return self.emc(terms)

    def making(self, terms: Terms, given: list[Any]) -> Any:
        """The call that makes the EMC with these signatures."""
        return self.consent.functions.make(terms.head(), terms.packed_rows(), given)

    def approval(self, terms: Terms) -> Any:
        """The call by which its sender approves first terms."""
        consent, emc = self.consent.functions, self.emc(terms).address
        return consent.approve(emc, consent.formation_matter(emc, terms.hash()).call(), FAR)

    def counted(self, receipt: Any) -> list[tuple[int, str]]:
        """The rows whose approval counted in a transaction, with their accounts."""
        return [(log["row"], log["account"]) for log in happened(self.consent, "Counted", receipt)]

    def is_made(self, terms: Terms) -> bool:
        """Whether the EMC of these terms is there."""
        return bool(self.w3.eth.get_code(self.emc(terms).address))


@pytest.fixture(scope="module")
def first_scene(anvil_program: str) -> Iterator[Scene]:  # noqa: ARG001
    javascript.required(PACKAGE)
    with anvil.running("--accounts", "10") as url:
        yield Scene(Web3(Web3.HTTPProvider(url)))


@pytest.fixture
def scene(first_scene: Scene) -> Iterator[Scene]:
    """What a test does to the chain is undone."""
    request = first_scene.w3.provider.make_request
    before = request("evm_snapshot", [])["result"]
    yield first_scene
    assert request("evm_revert", [before])["result"]


def stage(emc: Any) -> int:
    return int(emc.functions.stage().call())


def test_a_safe_signs_by_erc_1271_and_a_stranger_makes_the_emc(scene: Scene) -> None:
    terms = scene.terms()
    given = scene.by_safe(terms)
    assert len(given[2]) == 130
    assert reason(scene.making(terms, [given]), scene.stranger) == MISSING
    receipt = send(scene.making(terms, [scene.by_leader(terms), given]), scene.stranger)
    # what was signed stands in the transaction
    assert scene.counted(receipt) == []
    assert stage(scene.emc(terms)) == ACTIVE


def test_a_safe_approves_on_chain_by_its_own_transaction(scene: Scene) -> None:
    terms = scene.terms()
    execute(scene.safe, scene.approval(terms), scene.stranger)
    assert not scene.is_made(terms)
    receipt = send(scene.making(terms, [scene.by_leader(terms)]), scene.stranger)
    assert scene.counted(receipt) == [(SAFE, scene.safe.address)]
    assert stage(scene.emc(terms)) == ACTIVE


def test_a_safe_agrees_by_making_the_emc_itself(scene: Scene) -> None:
    terms = scene.terms()
    making = scene.making(terms, [scene.by_leader(terms), (SAFE, 0, b"")])
    receipt = execute(scene.safe, making, scene.stranger)
    assert scene.counted(receipt) == [(SAFE, scene.safe.address)]
    assert stage(scene.emc(terms)) == ACTIVE


def test_an_approval_that_one_owner_signed_is_the_safes_own_refusal(scene: Scene) -> None:
    terms = scene.terms()
    approval = scene.approval(terms)
    first, second = scene.owners
    subsets: tuple[list[LocalAccount], ...] = ([], [first], [second])
    for owners in subsets:
        alone = transaction(scene.safe, approval, owners=owners)
        assert reason(alone, scene.stranger) == "GS020"
    assert reason(transaction(scene.safe, approval), scene.stranger) is None
    assert reason(scene.making(terms, [scene.by_leader(terms)]), scene.stranger) == MISSING


def test_nobody_else_approves_for_a_safe(scene: Scene) -> None:
    terms = scene.terms()
    by_leader = scene.by_leader(terms)
    making = scene.making(terms, [by_leader, (SAFE, 0, b"")])
    for who in (scene.stranger, scene.leader.address, *(one.address for one in scene.owners)):
        assert reason(making, who) == "votes: not the signer"
    send(scene.approval(terms), scene.stranger)
    assert reason(scene.making(terms, [by_leader]), scene.stranger) == MISSING
    of_leader = scene.making(terms, [(LEADER, 0, b""), scene.by_safe(terms)])
    # the Safe hides the reason of what it calls
    assert reason(transaction(scene.safe, of_leader), scene.stranger) == "GS013"


def test_one_owner_is_not_the_safe(scene: Scene) -> None:
    terms = scene.terms()
    by_leader = scene.by_leader(terms)
    digest = scene.digest(terms, SAFE, scene.safe.address)
    one, other = scene.owners
    by_one = sign_message(scene.safe, digest, [one])
    for data in (
        by_one,
        sign_message(scene.safe, digest, [other]),
        by_one + by_one,
        sign_message(scene.safe, digest, [one, key("no owner")]),
        # in the key's own name, without the Safe's
        bytes(one.unsafe_sign_hash(digest).signature),
    ):
        call = scene.making(terms, [by_leader, (SAFE, FAR, data)])
        assert reason(call, scene.stranger) == NOT_THE_SIGNER
    both = sign_message(scene.safe, digest)
    swapped = scene.making(terms, [by_leader, (SAFE, FAR, both[65:] + both[:65])])
    assert reason(swapped, scene.stranger) == NOT_THE_SIGNER
    assert reason(scene.making(terms, [by_leader, (SAFE, FAR, both)]), scene.stranger) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"terms": bytes(32)},
        {"row": LEADER},
        {"signer": NATIVE},
        {"payee": NATIVE},
        {"base": 400_001},
        {"nonce": 1},
        {"deadline": FAR - 1},
        {"epoch": 2},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_owners_that_signed_anything_else_did_not_sign_this(
    scene: Scene, changes: dict[str, Any]
) -> None:
    terms = scene.terms()
    by_leader = scene.by_leader(terms)
    wrong = scene.digest(terms, SAFE, scene.safe.address, changes)
    call = scene.making(terms, [by_leader, (SAFE, FAR, sign_message(scene.safe, wrong))])
    assert reason(call, scene.stranger) == NOT_THE_SIGNER
    assert stage(scene.make(terms, [by_leader, scene.by_safe(terms)])) == ACTIVE


def test_a_safe_revokes_what_its_owners_signed_or_approved(scene: Scene) -> None:
    terms = scene.terms()
    by_leader, given = scene.by_leader(terms), scene.by_safe(terms)
    execute(scene.safe, scene.approval(terms), scene.stranger)
    for signatures in ([by_leader], [by_leader, given]):
        assert reason(scene.making(terms, signatures), scene.stranger) is None
    revoking = scene.consent.functions.revoke(scene.emc(terms).address)
    execute(scene.safe, revoking, scene.stranger)
    assert reason(scene.making(terms, [by_leader]), scene.stranger) == MISSING
    assert reason(scene.making(terms, [by_leader, given]), scene.stranger) == NOT_THE_SIGNER
    assert stage(scene.make(terms, [by_leader, scene.by_safe(terms)])) == ACTIVE


@pytest.mark.parametrize("count", [5, 6])
def test_up_to_five_owners_fit_a_signature_and_more_approve_on_chain(
    scene: Scene, count: int
) -> None:
    safe = scene.safes.make([key(f"owner {number}") for number in range(count)], count)
    execute(safe, scene.register(), scene.stranger)
    terms = scene.terms().with_row(SAFE, party=scene.me_of(safe.address), payee=safe.address)
    by_leader, given = scene.by_leader(terms), scene.by_safe(terms, safe)
    assert len(given[2]) == 65 * count
    making = scene.making(terms, [by_leader, given])
    if count == 5:
        send(making, scene.stranger)
    else:
        # longer than the contract reads: it cannot even be decoded, so there is no reason
        assert reason(making, scene.stranger) == "execution reverted"
        execute(safe, scene.approval(terms), scene.stranger)
        send(scene.making(terms, [by_leader]), scene.stranger)
    assert stage(scene.emc(terms)) == ACTIVE


@pytest.mark.parametrize("currency", ["native", "token"])
def test_a_sale_pays_a_safe_at_once(scene: Scene, currency: str) -> None:
    is_native = currency == "native"
    terms = scene.terms(currency=NATIVE if is_native else scene.token.address)
    emc = scene.make(terms, [scene.by_leader(terms), scene.by_safe(terms)])
    if not is_native:
        send(scene.token.functions.approve(emc.address, 1_000), scene.buyer)

    def balance() -> int:
        if is_native:
            return int(scene.w3.eth.get_balance(scene.safe.address))
        return int(scene.token.functions.balanceOf(scene.safe.address).call())

    for number, amount in ((1, 100), (2, 900)):
        before = balance()
        sale = emc.functions.sale(number, amount, bytes(32))
        receipt = send(sale, scene.buyer, value=amount if is_native else 0)
        (payout,) = happened(emc, "Payout", receipt)
        assert payout["credited"] == 0
        paid = payout["payments"][SAFE]
        assert (paid["payee"], paid["amount"]) == (scene.safe.address, amount * 2 // 5)
        assert balance() - before == amount * 2 // 5
        assert len(happened(scene.safe.contract, "SafeReceived", receipt)) == is_native
    assert emc.functions.credits(SAFE).call() == 0


def test_a_safe_moves_its_payee_by_its_own_transaction(scene: Scene) -> None:
    terms = scene.terms()
    emc = scene.make(terms, [scene.by_leader(terms), scene.by_safe(terms)])
    call = scene.system.conduct.functions.change_payee(
        emc.address, terms.head(), terms.packed_rows(), SAFE, scene.outsider
    )
    for owner in scene.owners:
        assert reason(call, owner.address) == "members: not the controller"
    execute(scene.safe, call, scene.stranger)
    assert emc.functions.payee_of(SAFE).call() == scene.outsider


def reshared(terms: Terms, share: int) -> Terms:
    """The terms with another share for the Safe, and the rest for the leader."""
    shares = (PPM - share, share)
    rows = (
        replace(row, base=own, leading=own, upside=own)
        for row, own in zip(terms.rows, shares, strict=True)
    )
    return replace(terms, rows=tuple(rows))


def in_force(scene: Scene, emc: Any) -> bytes:
    """The hash of the terms in force."""
    return bytes(scene.consent.functions.terms_of(emc.address).call())


def test_a_safe_signs_a_renegotiation_by_erc_1271_and_a_stranger_relays_it(scene: Scene) -> None:
    terms = scene.terms()
    emc = scene.make(terms, [scene.by_leader(terms), scene.by_safe(terms)])
    new = reshared(terms, 700_000)
    digest = scene.later_digest(emc, new, LEADER, scene.leader.address)
    by_leader = (LEADER, FAR, bytes(scene.leader.unsafe_sign_hash(digest).signature))
    digest = scene.later_digest(emc, new, SAFE, scene.safe.address)
    by_safe = (SAFE, FAR, sign_message(scene.safe, digest))
    one = (SAFE, FAR, sign_message(scene.safe, digest, [scene.owners[0]]))
    of_now = (SAFE, FAR, sign_message(scene.safe, scene.digest(new, SAFE, scene.safe.address)))

    def relaying(*given: tuple[int, int, bytes]) -> Any:
        return scene.renegotiating(emc, terms, new, list(given))

    assert reason(relaying(by_leader), scene.stranger) == "changes: quorum not reached"
    assert reason(relaying(by_leader, one), scene.stranger) == NOT_THE_SIGNER
    # what was signed for another room and epoch
    assert reason(relaying(by_leader, of_now), scene.stranger) == NOT_THE_SIGNER
    assert in_force(scene, emc) == terms.hash()
    receipt = send(relaying(by_leader, by_safe), scene.stranger)
    (renegotiated,) = happened(scene.system.changes, "Renegotiated", receipt)
    assert (renegotiated["epoch"], renegotiated["terms_hash"]) == (2, new.hash())
    (adopted,) = happened(emc, "Adopted", receipt)
    assert adopted["epoch"] == 2
    assert in_force(scene, emc) == new.hash()
    before = scene.w3.eth.get_balance(scene.safe.address)
    send(emc.functions.sale(1, 1_000, bytes(32)), scene.buyer, value=1_000)
    assert scene.w3.eth.get_balance(scene.safe.address) - before == 700


def test_a_safe_approves_a_renegotiation_by_its_own_transaction(scene: Scene) -> None:
    terms = scene.terms()
    emc = scene.make(terms, [scene.by_leader(terms), scene.by_safe(terms)])
    new = reshared(terms, 100_000)
    changes = scene.system.changes.functions
    what = changes.renegotiation_matter(emc.address, 2, new.hash()).call()
    digest = scene.later_digest(emc, new, LEADER, scene.leader.address)
    by_leader = (LEADER, FAR, bytes(scene.leader.unsafe_sign_hash(digest).signature))
    relaying = scene.renegotiating(emc, terms, new, [by_leader])
    approving = changes.approve(emc.address, what, FAR)
    # what somebody else or one owner approves is not the Safe's word
    send(approving, scene.outsider)
    alone = transaction(scene.safe, approving, owners=[scene.owners[0]])
    assert reason(alone, scene.stranger) == "GS020"
    assert reason(relaying, scene.stranger) == "changes: quorum not reached"
    receipt = execute(scene.safe, approving, scene.stranger)
    (approved,) = happened(scene.system.changes, "Approved", receipt)
    assert (approved["account"], approved["matter"]) == (scene.safe.address, what)
    assert reason(relaying, scene.stranger) is None
    # taken back by the same way
    execute(scene.safe, changes.approve(emc.address, what, 0), scene.stranger)
    assert reason(relaying, scene.stranger) == "changes: quorum not reached"
    execute(scene.safe, approving, scene.stranger)
    send(relaying, scene.stranger)
    assert in_force(scene, emc) == new.hash()
    assert emc.functions.epoch().call() == 2
