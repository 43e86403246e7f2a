"""Before anything is signed or sent: what would be refused is, and what is wrong is told apart."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import vyper
from click.testing import CliRunner

from emc.cli import emc as command
from emc.errors import EMCError
from emc.files import deployments, systems
from tests import anvil
from tests.integration.commands import Desk, emc, orders

pytestmark = pytest.mark.anvil
PICNIC = Desk.file("picnic")
STRANGER = "0x" + "ab" * 20


def test_sales_into_an_emc_that_is_over_are_refused_before_anything_is_sent(desk: Desk) -> None:
    book = orders(desk.folder, ["1,ann,1.00"])
    words = ("sell", PICNIC, "--orders", book, "--mint")
    desk.office.skip(91 * 86_400)
    sent = desk.office.sent
    late = emc(*words, fails=True)
    assert "the end date of" in late.err
    assert "`emc till end` ends it" in late.err
    assert desk.office.sent == sent
    emc("till", "end", PICNIC, "--account", "TEST::0", "--yes")
    sent = desk.office.sent
    assert "it accepts no more sales" in emc(*words, fails=True).err
    assert desk.office.sent == sent


def test_a_row_is_redirected_by_its_controller_alone_and_to_what_can_be_paid(desk: Desk) -> None:
    sent = desk.office.sent
    words = ("till", "redirect", PICNIC, "--row", "1", "--payee", STRANGER, "--yes")
    controller = desk.office.w3.eth.accounts[2]
    said = emc(*words, "--account", "TEST::1", fails=True)
    assert f"only row 1's controller {controller} says where it is paid" in said.err
    assert desk.office.sent == sent
    assert "is paid at" in emc(*words, "--account", "TEST::2").err


REFUSES = "# pragma version 0.4.3\n@external\ndef x():\n    pass\n"


def test_coin_is_not_directed_to_a_contract_that_takes_none(desk: Desk, coin: str) -> None:
    place = desk.office.w3.to_checksum_address("0x" + "cd" * 20)
    code = vyper.compile_code(REFUSES, output_formats=["bytecode_runtime"])["bytecode_runtime"]
    desk.office.ask("anvil_setCode", place, code)
    words = ("till", "redirect", coin, "--row", "1", "--yes", "--account", "TEST::2")
    sent = desk.office.sent
    said = emc(*words, "--payee", place, fails=True)
    assert f"{place} does not take ETH" in said.err
    assert desk.office.sent == sent
    emc(*words, "--payee", STRANGER)


def test_what_a_payee_does_not_take_is_not_sent_and_who_can_help_is_named(
    desk: Desk, coin: str
) -> None:
    """A payee that took coin when it was named, and takes none any more."""
    emc("till", "redirect", coin, "--row", "1", "--yes", "--account", "TEST::2",
        "--payee", STRANGER)  # fmt: skip
    code = vyper.compile_code(REFUSES, output_formats=["bytecode_runtime"])["bytecode_runtime"]
    desk.office.ask("anvil_setCode", desk.office.w3.to_checksum_address(STRANGER), code)
    emc("sell", coin, "--orders", orders(desk.folder, ["1,ann,1500"]))
    sent = desk.office.sent
    said = emc("till", "withdraw", coin, "--row", "1", "--account", "TEST::0", "--yes", fails=True)
    assert "row 1's payee 0x" in said.err
    assert f"its controller {desk.office.w3.eth.accounts[2]} can name another" in said.err
    # by its address, which is right in every folder
    at = json.loads(Path(coin).read_text())["emc"]
    assert f"`emc till redirect {at} --row 1 --payee 0x...`" in said.err
    assert desk.office.sent == sent
    # the way out that is offered works
    emc("till", "redirect", coin, "--row", "1", "--yes", "--account", "TEST::2",
        "--payee", "0x" + "ef" * 20)  # fmt: skip
    assert (
        "paid" in emc("till", "withdraw", coin, "--row", "1", "--account", "TEST::0", "--yes").err
    )


@pytest.fixture
def coin(desk: Desk) -> str:
    """An EMC in coin."""
    from tests.canvas import kit

    text = kit.SMALL.replace("{symbol: EUR, decimals: 2}", "{symbol: ETH, decimals: 18}")
    (desk.folder / "coin.yaml").write_text(text)
    emc("deploy", "coin.yaml")
    return "coin.agreement.json"


def test_what_is_at_an_address_that_is_no_emc_is_told_apart(desk: Desk) -> None:
    known = systems.ours()["Consent"]
    for address, what in (
        (STRANGER, "it has no code on chain 31337"),
        (desk.token("picnic").address, "it is a token, EUR"),
        (str(known), "it is our Consent"),
        ("0x4e59b44847b379578588920cA78FbF26c0B4956C", "it is another contract"),
    ):
        said = emc("status", address, fails=True)
        assert f" is not an EMC made by Consent {known}: {what}" in said.err
        assert "`emc list`" in said.err


@pytest.mark.parametrize(
    ("network", "says", "hint"),
    [
        ("nowhere", "there is no network 'nowhere'", "use embedded, local, sepolia"),
        ("ethereum:nowhere", "there is no network 'ethereum:nowhere'", "`ape networks list`"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1 does not answer as a node", "check the address"),
        (
            "ethereum:sepolia:http://127.0.0.1:1",
            "no node answers at http://127.0.0.1:1",
            "check the connection",
        ),
    ],
)
def test_a_network_that_is_not_there_and_a_node_that_is_not_are_told_apart(
    network: str, says: str, hint: str
) -> None:
    said = CliRunner(mix_stderr=False).invoke(command, ["status", STRANGER, "--network", network])
    assert said.exit_code == 1
    assert says in said.stderr
    assert hint in said.stderr
    assert len(said.stderr) < 300


def test_a_deployment_file_that_is_none_is_said_in_our_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMC_DEPLOYMENTS", str(tmp_path))
    for text, says in (
        ('{"chain_id": 31337, "contracts": {"EMC": {"address": 5}}}', "address: '5' is not text"),
        ('{"chain_id": 31337, "foo": 1}', "foo: is not a field here"),
        ('{"chain_id": "x"}', "chain_id: 'x' is not a whole number"),
        ("[", "the file: "),
    ):
        (tmp_path / "31337.json").write_text(text)
        with pytest.raises(EMCError, match="is not a deployment") as caught:
            deployments.read(31337)
        assert says in str(caught.value)
        assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize(
    "words",
    [
        ("status", PICNIC),
        ("sign", PICNIC, "--account", "TEST::1"),
        ("inspect", PICNIC),
        ("deploy", PICNIC),
        ("sell", PICNIC, "--orders", "orders.csv"),
        ("pay", PICNIC, "--order", "1", "--amount", "1", "--account", "TEST::1"),
        ("till", "end", PICNIC, "--account", "TEST::1"),
        ("leave", "notice", PICNIC, "--account", "TEST::1"),
        ("rate", "open", PICNIC, "--account", "TEST::1"),
        ("amend", "draft", PICNIC, "--out", "x.yaml"),
    ],
    ids=" ".join,
)
def test_a_file_of_another_chain_is_said_to_be_one(
    other_chain: str, words: tuple[str, ...], desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a chain on which nothing of ours is: it is not the contracts that are missing."""
    orders(desk.folder, ["1,ann,1.00"])
    # also where the network is set once for all commands
    monkeypatch.setenv("EMC_NETWORK", other_chain)
    said = CliRunner(mix_stderr=False).invoke(command, words)
    assert said.exit_code == 1
    assert f"Error: {PICNIC} is for chain 31337, the network is 11155111" in said.stderr
    assert "--network" in said.stderr


@pytest.fixture(scope="module")
def other_chain(anvil_program: str) -> Iterator[str]:  # noqa: ARG001
    with anvil.running("--chain-id", "11155111") as url:
        yield url
