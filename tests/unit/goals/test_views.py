"""What can be asked in this room, and what a wallet is asked to sign."""

import boa
import pytest
from eth_abi.abi import encode
from eth_account.messages import _hash_eip191_message
from eth_utils.crypto import keccak

from emc.core import typed_data
from emc.core.terms import WORDS, Metric
from tests import authority
from tests.kit import FAR, World, replace, skip
from tests.unit.goals.goal import EVIDENCE, GRACE, WINDOW, assessed, dropped_at, take_back

EMPTY = (0, 0, 0, bytes(32), "0x" + "00" * 20, False)


def test_there_is_nothing_at_first(world: World) -> None:
    emc = world.make(assessed(world))
    assert tuple(world.goals.open_value(emc.address, Metric.USERS, 0)) == EMPTY
    assert not world.goals.has_open(emc.address)
    assert world.goals.reopened(emc.address, assessed(world).head(), Metric.USERS) == (0, 0)
    assert not world.goals.is_disputed(emc.address, assessed(world).head(), Metric.USERS)
    for metric in map(Metric.of, WORDS):
        assert world.goals.value_of(emc.address, metric) == (0, 0)


def test_open_values_are_counted_per_emc(world: World) -> None:
    terms = assessed(world)
    emc, beside = world.make(terms), world.make(replace(terms, nonce=1))
    for row in (0, 1):
        authority.assess(world, emc, terms, 12, row=row)
    for row in (0, 1):
        assert world.goals.has_open(emc.address)
        take_back(world, emc, terms, row)
    assert not world.goals.has_open(emc.address)
    assert not world.goals.has_open(beside.address)


def test_a_value_is_named_by_all_that_is_agreed_to(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    beside = world.make(other := replace(terms, nonce=1))
    at = boa.env.timestamp
    names = {world.goals.matter(emc.address, Metric.USERS, 0)}
    authority.assess(world, emc, terms, 12, row=0)
    authority.assess(world, emc, terms, 12, row=1)
    authority.assess(world, beside, other, 12, row=0)
    for where, submitter in ((emc, 0), (emc, 1), (beside, 0)):
        names.add(world.goals.matter(where.address, Metric.USERS, submitter))
    for amount, measured_at, evidence, later in (
        (13, at, EVIDENCE, 0),
        (12, at - 1, EVIDENCE, 0),
        (12, at, b"\x08" * 32, 0),
        (12, at, EVIDENCE, 1),
    ):
        take_back(world, emc, terms)
        skip(later)
        authority.assess(world, emc, terms, amount, 0, measured_at, evidence)
        names.add(world.goals.matter(emc.address, Metric.USERS, 0))
    assert len(names) == 8


def test_the_name_of_a_value_is_the_hash_of_emc_metric_submitter_and_value(world: World) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    at = boa.env.timestamp
    skip(1)
    authority.assess(world, emc, terms, 12, row=1, measured_at=at)
    # amount, as of when, final at, evidence, account, late
    value = (12, at, at + 1 + WINDOW, EVIDENCE, world.nodes[1].account, False)
    types = ["address", "bytes32", "uint256", "(uint256,uint256,uint256,bytes32,address,bool)"]
    name = world.goals.matter(emc.address, Metric.USERS, 1)
    assert name == keccak(encode(types, [emc.address, Metric.USERS, 1, value]))


@pytest.mark.parametrize("moment", [-1, 0, 1])
def test_what_others_may_still_submit_is_open_to_its_last_second(world: World, moment: int) -> None:
    terms = assessed(world)
    emc = world.make(terms)
    dropped_at(world, emc, terms, terms.goal.deadline + GRACE)
    skip(WINDOW + moment)
    assert world.goals.has_open(emc.address) == (moment <= 0)
    assert world.goals.is_missed(emc.address, terms.head()) == (moment > 0)


@pytest.mark.parametrize("metric", [Metric.USERS, Metric.CONTRACTS, Metric.SATISFACTION])
def test_its_digest_is_that_of_another_library(world: World, metric: Metric) -> None:
    terms = assessed(world, metric=metric)
    emc = world.make(terms)
    authority.assess(world, emc, terms, 12, row=1)
    message = typed_data.assessment(
        world.domain("Goals"),
        emc=emc.address,
        epoch=1,
        metric=metric,
        value=12,
        measured=boa.env.timestamp,
        evidence=EVIDENCE,
        row=2,
        me=3,
        signer=world.stranger,
        nonce=4,
        deadline=FAR,
    )
    digest = world.goals.digest(emc.address, metric, 1, (2, 3, world.stranger, 4, FAR))
    assert digest == _hash_eip191_message(typed_data.signable(message))


def test_its_domain_names_the_room(world: World) -> None:
    assert world.goals.eip712Domain() == (
        b"\x0f",
        "EMC Goals",
        "1",
        boa.env.evm.patch.chain_id,
        world.goals.address,
        bytes(32),
        [],
    )
