"""What strangers do to an EMC, to a store or to a transaction makes no verdict false."""

import asyncio
from collections.abc import Iterator
from typing import Any

import boa
import pytest

from emc.audit.prove import verdicts
from emc.audit.prove.case import Verdict
from emc.audit.read import sync
from emc.rpc.node import Node
from tests import authority, till
from tests.audit.kit import audit, chain, lines, store_of
from tests.audit.recorder import Recorder
from tests.kit import World, deployer

PRAGMAS = "# pragma version 0.4.3\n# pragma evm-version cancun\n"
# a currency that its EMC deserves
HOSTILE = (
    PRAGMAS
    + """
held: HashMap[address, uint256]

@external
@view
def balanceOf(who: address) -> uint256:
    return max_value(uint256) if who == self else 10**39 + self.held[who]

@external
@view
def symbol() -> Bytes[40]:
    return b"\\xff\\xfe"

@external
@view
def decimals() -> uint256:
    return max_value(uint256)

@external
@view
def allowance(owner: address, spender: address) -> uint256:
    return max_value(uint256)

@external
def approve(spender: address, amount: uint256) -> bool:
    return True

@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._move(owner, to, amount)
    return True

@internal
def _move(owner: address, to: address, amount: uint256):
    self.held[to] += amount
    if self.held[owner] >= amount:
        self.held[owner] -= amount
    raw_log([keccak256("Transfer(address,address,uint256)"), convert(owner, bytes32),
             convert(to, bytes32)], b"\\x01")
"""
)
# passes on what it was told before, or what it is told now
RELAY = (
    PRAGMAS
    + """
kept: Bytes[20_000]

@external
def keep(data: Bytes[20_000]):
    self.kept = data

@external
def send_kept(to: address):
    raw_call(to, self.kept)

@external
def send(to: address, decoy: Bytes[20_000], data: Bytes[20_000]):
    raw_call(to, data)
"""
)


@pytest.fixture(params=[False, True], ids=["without traces", "with traces"])
def node(request: Any) -> Iterator[Recorder]:
    with chain(traces=request.param) as recorder:
        yield recorder


def audit_all(node: Any, emcs: list[Any], db: Any = None) -> list[Verdict]:
    """Verdicts on several EMCs in one store, the last one synced with the others."""
    kept = store_of() if db is None else db
    reader = Node(node)

    async def run() -> list[Verdict]:
        for emc in emcs:
            await sync.sync(kept, reader, emc.address, first=0)
        return [await verdicts.check(kept, reader, emc.address) for emc in emcs]

    return asyncio.run(run())


def test_a_transfer_of_nothing_in_an_emcs_name_is_noise() -> None:
    with chain() as node:
        world = World()
        token = world.token()
        emc = world.make(world.terms(currency=token.address))
        for number in (1, 2):
            world.sell(emc, 900, number, token)
            for sender, to in ((emc.address, world.stranger), (world.stranger, emc.address)):
                token.transferFrom(sender, to, 0, sender=world.stranger)
        verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])
    assert verdict.evidence["counts"]["transfers"] == 2 * (1 + 3 + 2)


def test_a_hostile_currency_is_its_own_emcs_affair() -> None:
    with chain() as node:
        world = World()
        honest = world.make(world.terms(nonce=1))
        world.sell(honest, 900, 1)
        token = boa.loads(HOSTILE)
        hostile = world.make(world.terms(currency=token.address, nonce=2))
        world.sell(hostile, 900, 1, token)
        db = store_of()
        found = {each.emc: each for each in audit_all(node, [hostile, honest], db)}
    assert found[str(honest.address)].word == "RECONCILED"
    verdict = found[str(hostile.address)]
    assert verdict.word == "NOT CHECKED"
    assert any("logs a Transfer of no amount" in text for text, _ in verdict.unproven)
    told = db.execute("SELECT decimals FROM emcs WHERE currency = ?", [token.address])
    assert told.fetchall() == [(0,)]


def test_an_error_that_nobody_foresaw_is_one_emcs_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    with chain() as node:
        world = World()
        emcs = [world.make(world.terms(nonce=nonce)) for nonce in (1, 2)]
        db = store_of()
        first, second = audit_all(node, emcs, db)
        assert (first.word, second.word) == ("RECONCILED", "RECONCILED")
        run = verdicts.reconcile.run

        async def fails(db: Any, node: Any, emc: str, **more: Any) -> Verdict:
            if emc == emcs[0].address:
                raise ZeroDivisionError("of something")
            return await run(db, node, emc, **more)

        monkeypatch.setattr(verdicts.reconcile, "run", fails)
        first, second = audit_all(node, emcs, db)
    assert (first.word, second.word) == ("NOT CHECKED", "RECONCILED")
    assert first.exit_code == 2
    assert first.unproven[0][0].startswith("the audit itself failed, ZeroDivisionError")
    # what was known before is not forgotten
    assert first.before.startswith(f"RECONCILED up to block {node.head} of ")
    kept = verdicts.history(db, str(emcs[0].address))
    assert [each.verdict for each in kept] == ["RECONCILED", "NOT CHECKED"]
    assert "of something" in kept[-1].reason


def test_logs_about_an_emc_from_before_it_is_made_are_not_read() -> None:
    with chain() as node:
        world = World()
        first = world.make(world.terms(nonce=1))
        terms = world.terms(nonce=2)
        coming = world.address_of(terms)
        world.consent.revoke(coming, sender=world.stranger)
        # a node takes back what it signed, and signs anew
        world.consent.revoke(coming, sender=world.nodes[0].account)
        second = world.make(terms, [
            world.signature(terms, 0, nonce=1), *world.signatures(terms)[1:]
        ])  # fmt: skip
        world.sell(second, 900, 1)
        # several EMCs that share a store are read together from the first one's block on
        db = store_of()
        found = asyncio.run(together(node, db, [first, second]))
    assert [(each.word, lines(each)) for each in found] == [("RECONCILED", [])] * 2


async def together(node: Any, db: Any, emcs: list[Any]) -> list[Verdict]:
    reader = Node(node)
    for emc in emcs:
        await sync.sync(db, reader, emc.address, first=0)
    db.execute("DELETE FROM synced WHERE source LIKE '0x%'")
    for each in ("payouts", "payments", "orders", "transfers", "events"):
        db.execute(f"DELETE FROM {each} WHERE emc <> ''")
    for emc in emcs:
        await sync.sync(db, reader, emc.address)
    return [await verdicts.check(db, reader, emc.address) for emc in emcs]


def relayed(world: World, terms: Any, *, storage: bool) -> Any:
    """An EMC that a relay formed, from its storage or behind a decoy."""
    relay = boa.loads(RELAY)
    parts = terms.head(), terms.packed_rows()
    data = world.consent.make.prepare_calldata(*parts, world.signatures(terms))
    decoy = world.consent.make.prepare_calldata(*parts, [])
    if storage:
        relay.keep(data)
        relay.send_kept(world.consent.address)
    else:
        relay.send(world.consent.address, decoy, data)
    return deployer("EMC.vy").at(world.address_of(terms))


@pytest.mark.parametrize("storage", [False, True], ids=["decoy", "storage"])
def test_a_relay_accuses_nobody_by_how_it_forms_an_emc(node: Recorder, storage: bool) -> None:
    world = World()
    emc = relayed(world, world.terms(), storage=storage)
    world.sell(emc, 900, 1)
    verdict = audit(node, emc)
    assert lines(verdict) == []
    if storage and not node.traces:
        assert verdict.word == "NOT CHECKED"
        (text,) = {text for text, serious in verdict.unproven if serious and "row 0" in text}
        assert "who agreed to Made" in text
        assert "debug_traceTransaction" in text
    else:
        assert verdict.word == "RECONCILED", verdict.unproven
        assert verdict.evidence["counts"]["signatures"] == 3


def test_a_call_without_signatures_before_the_real_one_hides_nothing(node: Recorder) -> None:
    world = World()
    terms = world.terms()
    emc = world.make(terms)
    new = authority.reshare(terms, [400_000, 300_000, 300_000])
    relay = boa.loads(RELAY)
    given = authority.agreements(world, emc, new)
    parts = emc.address, terms.head(), terms.packed_rows(), authority.words(new)
    real, decoy = (world.changes.renegotiate.prepare_calldata(*parts, each) for each in (given, []))
    relay.send(world.changes.address, decoy, real)
    verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", [])


def test_coin_that_came_beside_a_sale_bounds_what_can_be_missing() -> None:
    with chain() as node:
        world = World()
        payee = deployer("mocks/MoodyPayee.vy").deploy()
        emc = world.make(
            world.terms(world.rows(payees=[payee.address, till.payee(1), till.payee(2)]))
        )
        world.sell(emc, 900, 7)
        both = boa.loads(BESIDE)
        both.sell(emc.address, 3_000, 2, till.payee(1), value=3_003, sender=world.buyer)
        verdict = audit(node, emc)
    assert lines(verdict) == []
    assert verdict.word == "RECONCILED", verdict.unproven
    ((text, is_serious),) = verdict.unproven
    assert "at most 2 of 3000" in text
    assert not is_serious


# a sale, coin that is forced on the EMC, and a payee who gets something else in the same block
BESIDE = (
    PRAGMAS
    + """
interface EMC:
    def sale(number: uint256, amount: uint256, customer: bytes32): payable

@external
@payable
def sell(emc: address, amount: uint256, more: uint256, payee: address):
    extcall EMC(emc).sale(1, amount, empty(bytes32), value=amount)
    send(payee, 1)
    code: Bytes[22] = concat(x"73", slice(convert(emc, bytes32), 12, 20), x"ff")
    forced: address = raw_create(code, value=more)
"""
)


# keeps a fee of 1 %: told by a log of its own, silently, or all told at another address
FEE = (
    PRAGMAS
    + """
STYLE: immutable(uint256)
COLLECTOR: constant(address) = 0x0000000000000000000000000000000000001234
held: HashMap[address, uint256]

interface Teller:
    def tell(owner: address, to: address, amount: uint256): nonpayable

event Transfer:
    owner: indexed(address)
    to: indexed(address)
    amount: uint256

teller: Teller

@deploy
def __init__(style: uint256, teller: address):
    STYLE = style
    self.teller = Teller(teller)

@external
@view
def balanceOf(who: address) -> uint256:
    return self.held[who]

@external
def mint(who: address, amount: uint256):
    self.held[who] += amount

@external
@view
def allowance(owner: address, spender: address) -> uint256:
    return max_value(uint256)

@external
def approve(spender: address, amount: uint256) -> bool:
    return True

@external
def transfer(to: address, amount: uint256) -> bool:
    self._move(msg.sender, to, amount)
    return True

@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    self._move(owner, to, amount)
    return True

@internal
def _move(owner: address, to: address, amount: uint256):
    fee: uint256 = amount // 100 if STYLE != 3 else 0
    self.held[owner] -= amount
    self.held[to] += amount - fee
    self.held[COLLECTOR] += fee
    if STYLE == 0:
        log Transfer(owner=owner, to=to, amount=amount - fee)
        log Transfer(owner=owner, to=COLLECTOR, amount=fee)
    elif STYLE == 1:
        log Transfer(owner=owner, to=COLLECTOR, amount=fee)
        log Transfer(owner=owner, to=to, amount=amount - fee)
    elif STYLE == 2:
        log Transfer(owner=owner, to=to, amount=amount)
    else:
        extcall self.teller.tell(owner, to, amount)
"""
)
TELLER = (
    PRAGMAS
    + """
event Transfer:
    owner: indexed(address)
    to: indexed(address)
    amount: uint256

@external
def tell(owner: address, to: address, amount: uint256):
    log Transfer(owner=owner, to=to, amount=amount)
"""
)


@pytest.mark.parametrize(
    ("style", "finding"),
    [(0, "fee_token"), (1, "fee_token"), (2, "odd_token"), (3, "odd_token")],
    ids=["fee beside", "fee before", "silent fee", "told elsewhere"],
)
def test_what_a_token_keeps_accuses_nobody(style: int, finding: str) -> None:
    with chain() as node:
        world = World()
        token = boa.loads(FEE, style, boa.loads(TELLER).address)
        token.mint(world.buyer, 10**20)
        terms = world.terms(currency=token.address)
        payees = [row.payee for row in terms.rows]
        node.watch(token.address, [world.address_of(terms), world.buyer, *payees])
        emc = world.make(terms)
        for number in (1, 2):
            world.sell(emc, 30_000, number, token)
        verdict = audit(node, emc)
    assert (verdict.word, lines(verdict)) == ("RECONCILED", []), verdict.unproven
    (found,) = [each for each in verdict.findings if each.kind == finding]
    if finding == "fee_token":
        # a hundredth of each third of the 29,700 that came in, rounded down
        assert found.amount == 592
    arrived = 30_000 if style == 3 else 29_700
    assert verdict.evidence["totals"]["received"] == str(2 * arrived)
