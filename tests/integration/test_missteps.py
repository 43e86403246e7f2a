"""What people do wrong at first: each misstep is said, with the way out, and loses nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from emc.cli import emc as command
from emc.cli.shared import options
from tests.canvas.kit import with_
from tests.integration.commands import Desk, emc, orders

pytestmark = pytest.mark.anvil
PICNIC = Desk.file("picnic")
CANVAS = Path(__file__).parents[2] / "canvases" / "breakfast-box.yaml"


@pytest.mark.usefixtures("desk")
def test_an_agreement_whose_terms_changed_is_not_shown_as_if_it_counted() -> None:
    assert "what is in force" not in emc("inspect", PICNIC).out
    shares = ("--share", "baker=46/41/36", "--share", "1=34")
    emc("renegotiate", "propose", PICNIC, *shares, "--out", "autumn.json")
    for account in ("TEST::1", "TEST::2", "TEST::3"):
        emc("renegotiate", "sign", "autumn.json", "--account", account, "--yes")
    emc("renegotiate", "submit", "autumn.json", "--account", "TEST::0")
    said = emc("inspect", PICNIC).out
    assert "not checked: what is in force: the EMC has other terms by now, see `emc status`" in said


@pytest.mark.usefixtures("desk")
def test_a_row_is_named_by_a_key_that_the_canvas_has() -> None:
    said = emc(
        "renegotiate", "propose", PICNIC, "--share", "bakery=40", "--out", "x.json", fails=True
    ).err
    assert "--share 'bakery': no row has that name" in said
    assert "rows are 0 baker (Baker), " in said
    assert not Path("x.json").exists()


def test_an_order_that_was_paid_with_another_amount_is_refused(desk: Desk) -> None:
    emc("sell", PICNIC, "--orders", orders(desk.folder, ["1,ann,100.00", "2,bob,20.00"]), "--mint")
    desk.sell("picnic", 500)
    before = desk.emc("picnic").functions.accounts().call()
    book = orders(desk.folder, ["1,ann,100.00", "2,bob,21.00", "3,cy,5.00"])
    said = emc("sell", PICNIC, "--orders", book, "--mint", fails=True).err
    assert "line 3: order 2 was paid with 20.00 EUR, the file says 21.00 EUR" in said
    assert "nothing was sold now" in said
    assert desk.emc("picnic").functions.accounts().call() == before
    # what somebody else paid under the same number is no matter of ours
    again = orders(desk.folder, ["1,ann,100.00", "2,bob,20.00", "3,cy,5.00"])
    assert " for 5.00 EUR" in emc("sell", PICNIC, "--orders", again, "--mint").out


def test_selling_nothing_leaves_nothing(desk: Desk) -> None:
    there = sorted(Path().iterdir())
    assert (
        "there is no file gone.csv" in emc("sell", PICNIC, "--orders", "gone.csv", fails=True).err
    )
    book = orders(desk.folder, ["1,ann,1e3", "2,bob,20.00"])
    said = emc("sell", PICNIC, "--orders", book, "--strict", fails=True).err
    assert "orders.csv: line 2: amount '1e3' is not a number such as 24.50" in said
    Path(book).write_text("id;amount\n1;2\n")
    emc("sell", PICNIC, "--orders", book, fails=True)
    Path(book).unlink()
    assert sorted(Path().iterdir()) == there


def test_a_customer_is_recognised_from_one_file_to_the_next(desk: Desk) -> None:
    emc("sell", PICNIC, "--orders", orders(desk.folder, ["1,ann,10.00"]), "--mint")
    salt = Path("customers.salt").read_text()
    Path("may.csv").write_text("order,customer,amount\n2,ann,10.00\n")
    emc("sell", PICNIC, "--orders", "may.csv", "--mint")
    assert Path("customers.salt").read_text() == salt
    assert emc("scorecard", PICNIC, "--json").json["repeat_buyers"] == 1


def test_who_leaves_out_the_parties_is_told_who_plays_them_and_can_begin_anew(desk: Desk) -> None:
    canvas = desk.folder / "tea.yaml"
    canvas.write_text(with_(("title: Picnic", "title: Tea")))
    held = ("deploy", str(canvas), "--hold")
    assert "test accounts play its nodes; name real ones with --parties" in emc(*held).err
    again = emc(*held, "--out", "other.json", fails=True).err
    assert f"an agreement was drawn up from {canvas} already: " in again
    assert "remove it to start again" in again
    assert "has become" not in again


@pytest.mark.usefixtures("desk")
def test_an_agreement_is_no_canvas() -> None:
    said = CliRunner().invoke(command, ["canvas", "check", PICNIC])
    assert said.exit_code == 1
    assert f"{PICNIC} is not a canvas: it is a file of format emc-agreement/2" in said.output
    assert "read it with `emc inspect`" in said.output


def test_a_network_that_is_misspelt_is_guessed() -> None:
    said = CliRunner().invoke(command, ["list", "--network", "sepoli"])
    assert said.exit_code == 1
    assert "there is no network 'sepoli'" in said.output
    assert "did you mean sepolia?" in said.output


@pytest.mark.parametrize(
    ("target", "network"),
    [("my.yaml", "embedded"), ("my.agreement.json", "local"), ("0x" + "1" * 40, "local")],
)
def test_what_is_made_already_is_looked_for_on_the_local_chain(target: str, network: str) -> None:
    assert options.usual_network(target) == network
