"""The contracts that all EMCs of a chain share: created step by step, by whoever comes along."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from web3 import Web3
from web3.types import RPCEndpoint

from emc.chain.edge import Chain, connect
from emc.client import creating
from emc.client.system import System
from emc.core import addresses
from emc.core.parts import NAMES, PARTS, STEPS
from emc.errors import EMCError
from emc.files import deployments, systems
from tests import anvil
from tests.integration.commands import LOCAL, Desk, emc, orders

pytestmark = pytest.mark.anvil


class CrashError(Exception):
    """The machine goes down."""


@pytest.fixture(scope="module")
def _node(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    with anvil.running("--accounts", "10") as url:
        yield url


@pytest.fixture
def w3(_node: str) -> Iterator[Web3]:
    """A node on which nothing was deployed."""
    web3 = Web3(Web3.HTTPProvider(_node))
    snapshot = web3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
    yield web3
    assert web3.provider.make_request(RPCEndpoint("evm_revert"), [snapshot])["result"]


@pytest.fixture
def chain(w3: Web3, _node: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chain]:
    """The same, as commands see it."""
    monkeypatch.setenv("APE_FOUNDRY_HOST", _node)
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path / "deployments"))
    monkeypatch.chdir(tmp_path)
    assert not w3.eth.get_code(Web3.to_checksum_address(systems.ours()["System"]))
    with connect(LOCAL[1]) as connected:
        yield connected


def stop(patch: pytest.MonkeyPatch, after: int, is_mined: bool) -> list[str]:
    """Let deploying fail after so many contracts: before the next is sent, or once it is mined but
    before anybody was told.

    Returns:
        The names that were deployed, as they are.
    """
    create = creating._create
    done: list[str] = []

    def failing(chain: Chain, sender: Any, part: Any, at: Any) -> None:
        if len(done) == after and not is_mined:
            raise CrashError
        create(chain, sender, part, at)
        done.append(part.name)
        if len(done) > after:
            raise CrashError

    patch.setattr(creating, "_create", failing)
    return done


def code(w3: Web3) -> dict[str, bytes]:
    """What is at each address of a system."""
    at = systems.ours()
    return {name: bytes(w3.eth.get_code(Web3.to_checksum_address(at[name]))) for name in NAMES}


@pytest.mark.parametrize("is_mined", [False, True])
@pytest.mark.parametrize("after", range(len(NAMES)))
def test_whoever_comes_goes_on_where_another_was_stopped(
    chain: Chain, w3: Web3, monkeypatch: pytest.MonkeyPatch, after: int, is_mined: bool
) -> None:
    first, second = chain.account("TEST::8"), chain.account("TEST::9")
    with monkeypatch.context() as patch:
        done = stop(patch, after, is_mined)
        with pytest.raises(CrashError):
            System.deploy(chain, first)
    assert done == list(NAMES[: after + is_mined])
    # the second has no record of what the first did
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(Path("elsewhere").absolute()))
    if len(done) < len(NAMES):
        with pytest.raises(EMCError) as caught:
            System.load(chain)
        says = "is incomplete: " + ", ".join(NAMES[len(done) :]) if done else "there is no system"
        assert says in str(caught.value)
        assert "`emc system deploy`" in caught.value.hint
    sent = second.nonce
    System.deploy(chain, second)
    assert second.nonce - sent == len(NAMES) - len(done)
    assert System.load(chain).implementation == systems.ours()["EMC"]
    # and once it is there, nothing is sent
    System.deploy(chain, second)
    assert second.nonce - sent == len(NAMES) - len(done)
    assert w3.eth.get_transaction_count(Web3.to_checksum_address(systems.ours()["System"])) == 6


def test_a_contract_that_somebody_else_creates_at_the_same_time_is_no_failure(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow, quick = chain.account("TEST::8"), chain.account("TEST::9")
    put, send = creating.put, creating.send

    def late(what: str, code: bytes, sender: Any) -> None:
        if sender == slow:
            put(what, code, quick)
        put(what, code, sender)

    def later(what: str, function: Any, *words: Any, sender: Any) -> None:
        if sender == slow:
            send(what, function, *words, sender=quick)
        send(what, function, *words, sender=sender)

    monkeypatch.setattr(creating, "put", late)
    monkeypatch.setattr(creating, "send", later)
    System.deploy(chain, slow)
    assert System.load(chain).implementation == systems.ours()["EMC"]
    # what the proxy refuses a second time is seen to be there; System says nothing against it
    assert quick.nonce == len(NAMES)


def test_what_a_failing_step_leaves_is_nothing(chain: Chain) -> None:
    sender = chain.account("TEST::8")
    creating.put_proxy(chain, sender)
    at = systems.ours()
    for part in PARTS[:3]:
        creating._create(chain, sender, part, at)
    system = chain.contract("System", at["System"])
    emc_code, consent = systems.code_of("EMC"), systems.code_of("Consent")
    for step, code_, reason in (
        (0, consent, "system: other code"),
        (0, emc_code + b"\0", "system: other code"),
        (1, consent, "system: not the next step"),
        (5, b"", "system: no such step"),
    ):
        with pytest.raises(Exception, match=reason):
            system.deploy(step, code_, sender=sender)
    assert system.steps_done() == 0
    with pytest.raises(EMCError, match="is incomplete: EMC, Consent"):
        System.load(chain)
    System.deploy(chain, sender)


@pytest.mark.parametrize("name", NAMES)
def test_foreign_code_where_ours_should_be_is_refused_by_name(
    chain: Chain, w3: Web3, name: str
) -> None:
    System.deploy(chain, chain.account("TEST::8"))
    whole = code(w3)
    at = systems.ours()[name]
    other = next(each for each in NAMES if each != name)
    # another contract of ours, and ours told of others
    for foreign in (whole[other], whole[name] + b"\0", whole[name][:-1] + b"\x01"):
        w3.provider.make_request(RPCEndpoint("anvil_setCode"), [at, "0x" + foreign.hex()])
        with pytest.raises(EMCError, match=f"{at} on chain 31337 does not run our {name}"):
            System.load(chain)
        with pytest.raises(EMCError):
            System.deploy(chain, chain.account("TEST::8"))
        assert not verified(f"{name} is our code")


def verified(*wrong: str) -> bool:
    """Whether the command finds the system proven; else that exactly this is wrong."""
    said = emc("system", "verify", "--json", says_no=bool(wrong)).json
    assert {each["what"] for each in said["checks"] if not each["right"]} == set(wrong)
    return bool(said["verified"])


def test_a_system_is_proven_by_its_proxy_its_code_and_what_it_created(
    chain: Chain, w3: Web3
) -> None:
    System.deploy(chain, chain.account("TEST::8"))
    assert verified()
    ask = w3.provider.make_request
    system = systems.ours()["System"]
    ask(RPCEndpoint("anvil_setNonce"), [system, "0x7"])
    assert not verified("System created its contracts and nothing else")
    ask(RPCEndpoint("anvil_setNonce"), [system, "0x6"])
    ask(RPCEndpoint("anvil_setCode"), [addresses.PROXY, "0x00"])
    assert not verified("the deployment proxy is the one that everybody uses")
    text = emc("system", "verify", says_no=True).out
    assert f"{system} is NOT verified: system" in text
    assert "NO  the deployment proxy is the one that everybody uses" in text


def test_commands_deploy_and_show_a_system(chain: Chain) -> None:
    ours = systems.ours()
    shown = emc_without_network("system", "show", "--json")
    assert (shown["contracts"], shown["status"]) == (ours, "candidate")
    said = emc("system", "deploy", "--account", "TEST::3", "--json").json
    assert (said["contracts"], said["deployed"]) == (ours, list(NAMES))
    again = emc("system", "deploy", "--account", "TEST::3")
    assert "everything was already deployed" in again.err
    assert all(at in again.out for at in ours.values())
    # the record names what made each
    known = deployments.read(chain.id)
    assert {name: each.address for name, each in known.contracts.items()} == ours
    for name, each in known.contracts.items():
        assert each.birth is not None, name
        assert each.birth.block > 0


def emc_without_network(*words: str) -> Any:
    from click.testing import CliRunner

    from emc.cli import emc as command

    result = CliRunner(mix_stderr=False).invoke(command, list(words))
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


# the record


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
def test_a_file_that_is_no_record_of_this_chain_is_never_overwritten(
    chain: Chain, content: str, says: str
) -> None:
    path = deployments.path_of(chain.id)
    path.parent.mkdir()
    path.write_text(content)
    with pytest.raises(EMCError, match=says):
        System.deploy(chain, chain.account("TEST::8"))
    assert path.read_text() == content


def test_what_a_record_would_lose_is_put_aside(chain: Chain) -> None:
    path = deployments.path_of(chain.id)
    gone = deployments.Deployment(chain_id=chain.id, genesis="0x" + "11" * 32)
    for place, name in enumerate(NAMES):
        gone.contracts[name] = deployments.Deployed(address=f"0x{place + 1:040x}")
    deployments.write(gone)
    before = path.read_text()
    System.deploy(chain, chain.account("TEST::8"))
    System.deploy(chain, chain.account("TEST::8"))
    assert path.with_name("31337.1.json").read_text() == before
    assert sorted(each.name for each in path.parent.glob("*.json")) == [
        "31337.1.json",
        "31337.json",
    ]
    now = deployments.read(chain.id)
    assert now.contracts["System"].address == systems.ours()["System"]
    # the next that would be lost does not take its place
    deployments.write(deployments.Deployment(chain_id=chain.id))
    assert (
        deployments.Deployment.model_validate_json(path.with_name("31337.2.json").read_text())
        == now
    )
    assert path.with_name("31337.1.json").read_text() == before


def test_no_command_needs_the_record(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(desk.folder / "nowhere"))
    emc("status", desk.file("picnic"))
    emc("status", desk.read(desk.file("picnic"))["emc"])
    assert not (desk.folder / "nowhere").exists()


# other versions


def test_an_emc_of_another_version_is_named(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    emc_at = desk.read(desk.file("picnic"))["emc"]
    ours, before = systems.published()[-1], desk.office.sent
    moved = {name: Web3.to_checksum_address(f"0x{i:040x}") for i, name in enumerate(NAMES, 1)}
    old = systems.Published("0.0.9", "published", ours.contracts)
    new = systems.Published("0.1.0", "candidate", {**ours.contracts, "EMC": moved["EMC"]})
    monkeypatch.setattr(systems, "published", lambda: (old, new))
    refused = emc("verify", emc_at, says_no=True)
    assert "it was made by version 0.0.9: use that release" in refused.out
    for words in (("status", emc_at), ("till", "disburse", emc_at, "--account", "TEST::0")):
        refused = emc(*words, fails=True)
        assert f"Error: {emc_at} was made by version 0.0.9" in refused.err
        assert "use that release of the tools" in refused.err
    file = desk.file("picnic")
    for words in (
        ("status", file),
        ("deploy", file),
        ("sell", file, "--orders", orders(desk.folder, ["1,ann,1.00"])),
    ):
        refused = emc(*words, fails=True)
        assert f"for Consent {ours.contracts['Consent']} of version 0.0.9, not for" in refused.err
        assert "use the release of the tools that made it" in refused.err
    assert desk.office.sent == before


def test_steps_are_the_contracts_that_name_each_other() -> None:
    assert [part.name for part in PARTS if part.step is not None] == list(STEPS)
    assert systems.computed() == systems.ours()
