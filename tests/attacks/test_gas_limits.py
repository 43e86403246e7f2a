"""Payees that are cheap in an estimate and dear in the block: the gas limit of our tools, and of
whoever does as docs/specification.md says, is enough all the same.
"""

from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract

from emc.chain import gas
from emc.core.terms import Gate, Terms
from tests import authority
from tests.attacks.test_changes import crowd, shifted, signed
from tests.kit import CUSTOMER, World, deployer
from tests.profiles import long
from tests.till import ACCEPT, BURN, cool, payee, send, until

Call = tuple[str, str, bytes, int]


def needs(call: Call) -> int:
    """What a node's estimate says: the least limit with which the transaction succeeds."""
    low, high = 21_000, gas.MOST
    while high - low > 1_000:
        middle = (low + high) // 2
        low, high = (low, middle) if works(call, middle) else (middle, high)
    return high


def works(call: Call, limit: int) -> bool:
    """Whether a transaction with this gas limit would succeed."""
    with boa.env.anchor():
        return sent(call, limit)


def sent(call: Call, limit: int) -> bool:
    """Send a transaction with this gas limit; whether it succeeded."""
    to, sender, data, value = call
    cool()
    left = limit - 21_000 - sum(16 if byte else 4 for byte in data)
    if left <= 0:
        return False
    return not boa.env.execute_code(to, sender, left, value, data).is_error


def hostile(world: World, count: int, **changes: Any) -> tuple[Terms, list[VyperContract]]:
    """Terms with payees that behave until they are told otherwise."""
    payees = [deployer("mocks/HostilePayee.vy").deploy(ACCEPT) for _ in range(count)]
    shares = [1_000_000 // count] * count
    shares[0] += 1_000_000 - sum(shares)
    rows = world.rows(shares, payees=[each.address for each in payees], running=[1_000] * count)
    return world.terms(rows, **changes), payees


def of_emc(world: World, emc: VyperContract, name: str) -> Call:
    """A call of the EMC that pays its rows; what it takes has happened."""
    if name == "sale":
        data = emc.sale.prepare_calldata(1, 10**6, CUSTOMER)
        return emc.address, world.buyer, data, 10**6
    if name == "sales":
        data = emc.sales.prepare_calldata(1, [(10**6, CUSTOMER)] * 2)
        return emc.address, world.buyer, data, 2 * 10**6
    send(world, emc, 10**6)
    if name == "end":
        until(emc_ends_at(emc))
    return emc.address, world.stranger, getattr(emc, name).prepare_calldata(), 0


def emc_ends_at(emc: VyperContract) -> int:
    """The end date on its page."""
    return int.from_bytes(emc.page()[20:25], "big")


@pytest.mark.parametrize("name", ["sale", "sales", "absorb", "end"])
@pytest.mark.parametrize("count", [3, 10, long(64)])
def test_payees_that_turn_after_the_estimate_make_nothing_fail(
    world: World, count: int, name: str
) -> None:
    terms, payees = hostile(world, count)
    emc = world.make(terms)
    call = of_emc(world, emc, name)
    estimate = needs(call)
    for each in payees:
        each.behave(BURN)
    # even twice the estimate fails, as long as it is not much
    assert not works(call, estimate)
    assert count > 3 or not works(call, 2 * estimate)
    limit = gas.limit(estimate, gas.rows_of(bytes(64) + emc.page()))
    assert sent(call, limit)
    assert all(emc.credits(row) for row in range(count))


@pytest.mark.parametrize("count", [3, 64])
def test_backstop_and_payees_that_turn_make_no_failure_fail(world: World, count: int) -> None:
    backstop = deployer("mocks/HostilePayee.vy").deploy(ACCEPT)
    terms, payees = hostile(world, count, gate=Gate.TARGET, backstop=backstop.address)
    emc = world.make(terms)
    world.sell(emc, 10**6, 1)
    call = of_emc(world, emc, "end")
    estimate = needs(call)
    for each in (*payees, backstop):
        each.behave(BURN)
    assert not works(call, estimate)
    assert sent(call, gas.limit(estimate, count))
    assert all(emc.credits(row) for row in (*range(count), 128))


@pytest.mark.parametrize("gate", [long(Gate.NONE), Gate.TARGET])
def test_64_payees_that_turn_after_the_estimate_prevent_no_change(world: World, gate: Gate) -> None:
    terms, payees = crowd(world, gate)
    emc = world.make(terms)
    send(world, emc, 10**9)
    new = shifted(terms)
    data = world.changes.renegotiate.prepare_calldata(
        emc.address,
        terms.head(),
        terms.packed_rows(),
        authority.words(new),
        signed(world, emc, new),
    )
    call = (world.changes.address, world.stranger, data, 0)
    estimate = needs(call)
    for each in payees:
        each.behave(BURN)
    assert not works(call, estimate)
    assert sent(call, gas.limit(estimate, 64))
    assert world.consent.terms_of(emc.address) == new.hash()


def test_a_payer_brings_at_most_what_a_row_can_burn(world: World) -> None:
    """Were it asked for before the loop by the contract, a sale to ten payees would need more than
    three times what it uses.
    """
    emc = world.make(world.terms(world.rows([100_000] * 10, [payee(i) for i in range(10)])))
    call = of_emc(world, emc, "sale")
    assert 3 * (needs(call) - 120_000) < 10 * 120_000


def paying(path: str) -> set[str]:
    """External functions of a contract from which a payment run can be reached."""
    found = set()
    tree = deployer(path).compiler_data.annotated_vyper_module
    for function in tree._metadata["type"].exposed_functions:
        reached = [function, *function.reachable_internal_functions]
        sources = [each.ast_def.node_source_code or "" for each in reached]
        if any(word in source for source in sources for word in PAYS):
            found.add(function.name)
    return found


# how a payment run begins, inside an EMC and from outside
PAYS = ("self._settle(", ").adopt(", ").disband(")


def test_every_function_that_pays_rows_is_given_gas_for_the_worst() -> None:
    # of those that EMC obeys, `adopt` and `disband` are called by the others
    assert paying("EMC.vy") - {"adopt", "disband"} == gas.OF_EMC
    rooms = ("Changes.vy", "Conduct.vy", "Goals.vy")
    of_orders = {"book", "give_back"}
    assert set().union(*(paying(room) for room in rooms)) == gas.OF_OTHERS - of_orders
    assert paying("Checkout.vy") | of_orders <= gas.OF_OTHERS | gas.OF_ORDERS
