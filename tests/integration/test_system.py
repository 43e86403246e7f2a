"""The contracts that all EMCs of a chain share: deployed step by step, and never taken on trust."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emc.chain.edge import Chain, connect
from emc.client.system import System
from emc.errors import EMCError
from emc.files import deployments
from emc.files.parts import NAMES, ROOMS
from tests.integration.commands import LOCAL, Desk

pytestmark = pytest.mark.anvil


class CrashError(Exception):
    """The machine goes down."""


@pytest.fixture
def theirs(desk: Desk) -> dict[str, str]:
    """Where the contracts of a working system are, by name."""
    file = json.loads((desk.office.folder / "deployments" / "31337.json").read_text())
    found = deployments.Deployment.model_validate(file).addresses()
    return {name: address for name, address in found.items() if address is not None}


@pytest.fixture
def chain(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """A chain of which nothing is known yet."""
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(desk.folder / "deployments"))
    with connect(LOCAL[1]) as connected:
        yield connected


def known(chain: Chain) -> dict[str, str | None]:
    """What the deployment file says."""
    return deployments.read(chain.id).addresses()


def crash(patch: pytest.MonkeyPatch, after: int, is_mined: bool) -> list[str]:
    """Let deploying fail after so many contracts: before the next is sent, or once it is mined but
    before anybody was told.

    Returns:
        The names that were deployed, as they are.
    """
    deploy = Chain.deploy
    done: list[str] = []

    def failing(chain: Chain, name: str, *args: Any, sender: Any) -> Any:
        if len(done) == after and not is_mined:
            raise CrashError
        contract = deploy(chain, name, *args, sender=sender)
        done.append(name)
        if len(done) > after:
            raise CrashError
        return contract

    patch.setattr(Chain, "deploy", failing)
    return done


@pytest.mark.parametrize("is_mined", [False, True])
def test_deploying_goes_on_where_it_was_stopped(
    chain: Chain, desk: Desk, monkeypatch: pytest.MonkeyPatch, is_mined: bool
) -> None:
    sender = chain.account("TEST::8")
    whole = Chain.deploy
    for after in (0, 2, 3, len(NAMES) - 1) if is_mined else range(1, len(NAMES)):
        with monkeypatch.context() as patch:
            patch.setenv("EMC_DEPLOYMENTS", str(desk.folder / f"{is_mined} {after}"))
            done = crash(patch, after, is_mined)
            with pytest.raises(CrashError):
                System.deploy(chain, sender)
            first = list(done)
            assert first == list(NAMES[: after + is_mined])
            if len(first) < len(NAMES):
                with pytest.raises(EMCError, match=r"no contracts are known|does not run our"):
                    System.load(chain)
            done.clear()
            patch.setattr(Chain, "deploy", whole)
            nonce = sender.nonce
            system = System.deploy(chain, sender)
            # nothing is deployed twice, not even what was mined when nobody was told
            assert sender.nonce - nonce == len(NAMES) - len(first)
            assert System.load(chain).implementation == system.implementation
            # and once it is there, nothing is sent
            System.deploy(chain, sender)
            assert sender.nonce - nonce == len(NAMES) - len(first)


def test_rooms_that_can_no_longer_be_where_they_must_are_deployed_anew(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = chain.account("TEST::8")
    with monkeypatch.context() as patch:
        crash(patch, 5, is_mined=False)
        with pytest.raises(CrashError):
            System.deploy(chain, sender)
    before = known(chain)
    sender.transfer(sender, 1)
    system = System.deploy(chain, sender)
    after = known(chain)
    same = {name for name in NAMES if after[name] == before[name]}
    assert same == {"MicroEnterprises", "Pages"}
    assert system.changes.address == after["Changes"]


def test_another_sender_may_go_on(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        crash(patch, 4, is_mined=False)
        with pytest.raises(CrashError):
            System.deploy(chain, chain.account("TEST::8"))
    system = System.deploy(chain, chain.account("TEST::9"))
    assert System.load(chain).implementation == system.implementation


@pytest.mark.parametrize("name", NAMES)
def test_foreign_code_is_refused_by_name(chain: Chain, theirs: dict[str, str], name: str) -> None:
    ours = deployments.Deployment(chain_id=chain.id)
    for each, at in theirs.items():
        ours.set(each, at)
    deployments.write(ours)
    System.load(chain)
    other = next(each for each in NAMES if each != name)
    # another contract of ours, an account without code, and nothing
    for address, says in (
        (theirs[other], f"does not run our {name}"),
        (chain.account("TEST::1").address, f"does not run our {name}"),
        (None, "no contracts are known on chain 31337"),
    ):
        ours.set(name, address)
        deployments.write(ours)
        with pytest.raises(EMCError, match=says):
            System.load(chain)


def test_contracts_of_two_systems_do_not_belong_together(
    chain: Chain, theirs: dict[str, str]
) -> None:
    System.deploy(chain, chain.account("TEST::8"))
    others = known(chain)
    for name in NAMES:
        mixed = deployments.Deployment(chain_id=chain.id)
        for each, address in theirs.items():
            mixed.set(each, others[each] if each == name else address)
        deployments.write(mixed)
        with pytest.raises(EMCError, match="do not belong together") as caught:
            System.load(chain)
        assert "restore or remove" in caught.value.hint


@pytest.mark.parametrize("name", ["EMC", *ROOMS])
def test_our_own_code_that_was_told_of_foreign_contracts_is_refused(
    chain: Chain, theirs: dict[str, str], name: str
) -> None:
    sender = chain.account("TEST::8")
    foreign = deployments.Deployment(chain_id=chain.id)
    for each in ("MicroEnterprises", "Pages"):
        foreign.set(each, theirs[each])
    # pages that anybody may have written, and a registry in which anybody may be anybody
    pages = theirs["Consent"] if name == "EMC" else theirs["Pages"]
    registry = chain.deploy("MicroEnterprises", sender=sender).address
    ahead = tuple(chain.next_address(sender, 1 + place) for place in range(len(ROOMS)))
    foreign.set("EMC", chain.deploy("EMC", ahead, pages, sender=sender).address)
    for each in NAMES:
        if each not in foreign.contracts:
            # what is beside the rooms refuses another registry than Consent's
            is_told = each == name or (each not in ROOMS and name == "Consent")
            told = registry if is_told else theirs["MicroEnterprises"]
            emc = foreign.contracts["EMC"].address
            foreign.set(each, chain.deploy(each, emc, told, sender=sender).address)
    deployments.write(foreign)
    with pytest.raises(EMCError, match=f"do not belong together: {name} was deployed"):
        System.load(chain)


def test_what_was_on_a_chain_that_is_gone_is_deployed_anew(chain: Chain) -> None:
    gone = deployments.Deployment(chain_id=chain.id)
    for place, name in enumerate(NAMES):
        gone.set(name, f"0x{place + 1:040x}")
    deployments.write(gone)
    with pytest.raises(EMCError, match="does not run our MicroEnterprises"):
        System.load(chain)
    System.deploy(chain, chain.account("TEST::8"))
    System.load(chain)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not a deployment"),
        ("[]", "is not a deployment"),
        ('{"chain_id": 31337, "owner": "0x00"}', "is not a deployment"),
        ('{"chain_id": 31337, "emc": 5}', "is not a deployment"),
        ('{"chain_id": 1}', "is about chain 1, not 31337"),
    ],
)
def test_a_file_that_is_no_deployment_of_this_chain_is_refused(
    chain: Chain, content: str, says: str
) -> None:
    path = deployments.path_of(chain.id)
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(EMCError, match=says):
        System.load(chain)
    with pytest.raises(EMCError, match=says):
        System.deploy(chain, chain.account("TEST::8"))
    assert path.read_text() == content
