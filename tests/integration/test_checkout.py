"""A shop's days at Checkout: ask, pay, sign and relay, give back, book, refund, look."""

import json
import signal
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc.chain import edge
from emc.cli.shared import naming
from emc.client import standing
from emc.core.orders import order_number
from emc.core.terms import NATIVE
from emc.errors import EMCError
from emc.files import systems
from tests.integration.commands import CANVASES, Desk, contract, emc
from tests.kit import deployer

pytestmark = pytest.mark.anvil
DAY = 86_400
PICNIC = Desk.file("picnic")
BUYER, CASHIER, STRANGER, LEADER = (f"TEST::{number}" for number in (9, 8, 7, 6))


def cashier_of(desk: Desk) -> str:
    return str(desk.office.w3.eth.accounts[8])


def fund(desk: Desk, amount: int, who: int = 9) -> str:
    """An account has so much of the test token."""
    account = str(desk.office.w3.eth.accounts[who])
    desk.done(desk.token("picnic").functions.mint(account, amount).transact({"from": account}))
    return account


def asked(desk: Desk, order: str = "1001", amount: str = "24.50", *more: str) -> str:
    """The merchant's request as a file."""
    file = f"{order}.json"
    words = more or ("--returnable", "14d", "--cashier", cashier_of(desk))
    emc("checkout", "request", PICNIC, "--order", order, "--amount", amount, "--out", file, *words)
    return file


def paid(desk: Desk, order: str = "1001", amount: str = "24.50", *more: str) -> str:
    """A request that the buyer has paid."""
    file = asked(desk, order, amount, *more)
    emc("checkout", "pay", file, "--account", BUYER, "--yes")
    return file


def balance(desk: Desk, who: str) -> int:
    return int(desk.token("picnic").functions.balanceOf(who).call())


def test_an_order_goes_back_in_part_is_booked_by_a_stranger_and_refunded_in_part(
    desk: Desk,
) -> None:
    buyer = fund(desk, 10_000)
    file = asked(desk)
    said = emc("checkout", "pay", file, "--account", BUYER, "--yes", "--json").json
    assert (said["how"], said["standing"], said["rest"]) == ("permit", "waiting", "2450")
    assert emc("checkout", "status", PICNIC, "--request", file, "--json").json["others"] == []
    again = emc("checkout", "pay", file, "--account", BUYER, "--yes", fails=True)
    assert "the order has already been paid" in again.err
    # what is refused is refused before anybody is asked, so nobody need say --yes
    back = ("checkout", "give-back", PICNIC, "--order", "1001", "--amount")
    alien = emc(*back, "4.50", "--account", STRANGER, fails=True).err
    assert "is not the cashier of the order" in alien
    assert f"only {cashier_of(desk)} can give it back" in alien
    much = emc(*back, "24.51", "--account", CASHIER, fails=True).err
    assert "at most 24.50 EUR, the part that waits" in much
    assert "cannot be given back" in emc(*back, "0", "--account", CASHIER, fails=True).err
    emc(*back, "4.50", "--account", CASHIER, "--yes")
    assert balance(desk, buyer) == 10_000 - 2_000
    assert "0 orders" in emc("checkout", "book", PICNIC, "--account", STRANGER).out
    desk.office.skip(14 * DAY)
    assert "is due: it can no longer" in emc(*back, "1", "--account", CASHIER, fails=True).err
    done = emc("checkout", "book", PICNIC, "--account", STRANGER, "--json").json
    assert done == {"due": 1, "booked": 1, "amount": "2000"}
    assert desk.emc("picnic").functions.total().call() == 2_000
    refund = ("checkout", "refund", PICNIC, "--order", "1001", "--account", LEADER)
    assert "the orders need 5.00" in emc(*refund, "--amount", "5", fails=True).err
    fund(desk, 500, 6)
    assert "at most 20.00" in emc(*refund, "--amount", "20.01", fails=True).err
    emc(*refund, "--amount", "5", "--yes")
    assert balance(desk, buyer) == 10_000 - 1_500
    (order,) = emc("checkout", "status", PICNIC, "--json").json["orders"]
    assert (order["standing"], order["number"]) == ("booked", 1)
    assert (order["given_back"], order["refunded"], order["rest"]) == ("450", "500", "1500")
    shown = emc("checkout", "status", PICNIC, "--order", "1001").out
    assert "booked" in shown
    assert "4.50" in shown
    # the audit knows the order, and its buyer
    (verdict,) = emc("audit", "run", PICNIC, "--store", "a.duckdb", "--json").json
    assert (verdict["verdict"], verdict["unproven"]) == ("RECONCILED", [])
    with duckdb.connect("a.duckdb", read_only=True) as store:
        kept = store.execute(
            "SELECT buyer, given_back, booked, refunded, waits, number FROM checkouts"
        ).fetchall()
        (found,) = store.execute(
            "SELECT party FROM findings WHERE kind = 'concentration'"
        ).fetchall()
    assert kept == [(buyer, 450, 2_000, 500, 0, "1")]
    assert found == (buyer,)


def test_what_cannot_go_back_is_sold_at_once(desk: Desk) -> None:
    fund(desk, 10_000)
    file = asked(desk, "INV-2026-001", "100", "--customer", "0x" + "ab" * 32)
    said = emc("checkout", "pay", file, "--account", BUYER, "--yes", "--json").json
    assert said["standing"] == "booked"
    assert desk.emc("picnic").functions.total().call() == 10_000
    number = order_number("INV-2026-001")
    assert said["order"]["reference"] == f"0x{number:064x}"


def test_an_order_counts_as_paid_only_if_every_field_is_the_merchants(desk: Desk) -> None:
    buyer = fund(desk, 10_000)
    file = asked(desk)
    cheat = Path("cheat.json")
    for way, value in ((("order", "cashier"), buyer), (("order", "amount"), "1")):
        cheat.write_text(Path(file).read_text())
        desk.edit("cheat.json", way, value)
        snapshot = desk.office.ask("evm_snapshot")
        emc("checkout", "pay", "cheat.json", "--account", BUYER, "--yes")
        told = emc("checkout", "status", PICNIC, "--request", file, "--json", says_no=True).json
        assert told["orders"] == []
        (other,) = told["others"]
        assert other["differs"] == [way[1]]
        said = emc("checkout", "status", PICNIC, "--request", file, says_no=True)
        assert "differs from the request; it does not count" in said.err
        assert desk.office.ask("evm_revert", snapshot)
    assert "no orders" in emc("checkout", "status", PICNIC, "--request", file, says_no=True).out


def test_the_buyer_releases_and_the_emc_has_it(desk: Desk) -> None:
    fund(desk, 10_000)
    paid(desk)
    release = ("checkout", "release", PICNIC, "--order", "1001", "--account")
    assert "is not the buyer of order 1001" in emc(*release, STRANGER, fails=True).err
    emc(*release, BUYER)
    assert desk.emc("picnic").functions.total().call() == 2_450
    assert "order 1001 is booked" in emc(*release, BUYER, fails=True).err


def test_of_an_emc_that_failed_anyone_has_orders_go_back(desk: Desk) -> None:
    buyer = fund(desk, 10_000)
    paid(desk)
    paid(desk, "1002", "10")
    desk.office.skip(91 * DAY)
    desk.done(desk.emc("picnic").functions.end().transact({"from": buyer}))
    said = emc("checkout", "book", PICNIC, "--account", STRANGER, fails=True)
    assert "checkout: gate stayed closed" in said.err
    words = ("--order", "1001", "--order", "1002", "--account", STRANGER, "--yes")
    emc("checkout", "give-back", PICNIC, *words)
    assert balance(desk, buyer) == 10_000


def test_what_is_asked_for_can_be_paid(desk: Desk) -> None:
    ask = ("checkout", "request", PICNIC, "--order", "1", "--out", "1.json", "--amount")
    cashier = ("--cashier", cashier_of(desk))
    assert "nobody could give it back" in emc(*ask, "1", "--returnable", "14d", fails=True).err
    said = emc(*ask, "1", "--returnable", "91d", *cashier, fails=True)
    assert "after the EMC's end" in said.err
    assert "cannot be paid" in emc(*ask, "0", fails=True).err
    file = asked(desk)
    desk.edit(file, ("chain_id",), 1)
    assert "is for chain 1" in emc("checkout", "pay", file, "--account", BUYER, fails=True).err
    desk.edit(file, ("chain_id",), 31337)
    desk.edit(file, ("order", "due_at"), 2**40)
    said = emc("checkout", "pay", file, "--account", BUYER, fails=True)
    assert "is not a request to pay an order: order.due_at" in said.err


# as the canvas says


def requested(desk: Desk, *more: str, target: str = Desk.file("windowed")) -> tuple[int, str]:
    """Seconds for which a requested order can go back, and its cashier."""
    out = "asked.json"
    Path(out).unlink(missing_ok=True)
    words = ("--order", "1", "--amount", "5", "--out", out)
    order = emc("checkout", "request", target, *words, *more, "--json").json["order"]
    now = desk.office.w3.eth.get_block("latest")["timestamp"]
    return (order["due_at"] and order["due_at"] - now), order["cashier"]


def test_a_request_goes_back_as_the_canvas_says_unless_something_else_is_said(desk: Desk) -> None:
    cook, shop = (str(desk.office.w3.eth.accounts[at]) for at in (2, 8))
    assert requested(desk) == (7 * DAY, cook)
    assert requested(desk, "--returnable", "3d") == (3 * DAY, cook)
    assert requested(desk, "--cashier", shop) == (7 * DAY, shop)
    assert requested(desk, "--returnable", "0") == (0, NATIVE)
    # nobody can know it from an address
    address = desk.read(Desk.file("windowed"))["emc"]
    assert requested(desk, target=address) == (0, NATIVE)
    words = ("--order", "1", "--amount", "5", "--out", "other.json")
    said = emc("checkout", "request", address, *words)
    assert "only an agreement file has the return rules" in said.err


def test_who_signs_reads_how_orders_go_back(desk: Desk) -> None:
    words = "for 7 days by Cook; what waits at Checkout until then counts for no goal"
    agreed = desk.bundle("windowed")
    assert words in " ".join(emc("inspect", Desk.file("windowed")).out.split())
    assert naming.said_of(agreed.canvas)["returns"] == words
    assert "returns" not in naming.said_of(desk.bundle("picnic").canvas)


def test_what_the_canvas_says_holds_while_it_and_its_cashier_are_in_force(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    agreed = desk.bundle("windowed")
    cook = next(label.row for label in agreed.labels if label.key == "cook")
    words = ("--order", "1", "--amount", "5", "--out", "1.json")
    ask = ("checkout", "request", Desk.file("windowed"), *words)
    for terms, says in (
        (agreed.terms.without(cook), "the cashier of the canvas, cook, has left the EMC"),
        (replace(agreed.terms, canvas=b"\1" * 32), "is no longer in force"),
    ):
        monkeypatch.setattr(standing, "terms_by_epoch", lambda *_, terms=terms: {1: terms})
        assert says in emc(*ask, fails=True).err
    emc(*ask, "--returnable", "0")


def test_the_audit_lists_orders_that_are_not_as_the_canvas_says(desk: Desk) -> None:
    fund(desk, 10_000)
    windowed, shop = Desk.file("windowed"), cashier_of(desk)
    for order, words in (
        ("1", ()),
        ("2", ("--cashier", shop)),
        ("3", ("--returnable", "8d")),
        ("4", ("--returnable", "0")),
    ):
        ask = ("checkout", "request", windowed, "--order", order, "--amount", "5")
        emc(*ask, "--out", f"{order}.json", *words)
        emc("checkout", "pay", f"{order}.json", "--account", BUYER, "--yes")
    run = ("audit", "run", windowed, "--store", "a.duckdb", "--json")

    def listed(*words: str) -> list[str]:
        (verdict,) = emc(*words).json
        kinds = ("other_cashier", "late_due")
        return [each["text"] for each in verdict["findings"] if each["kind"] in kinds]

    assert listed(*run) == [
        f"1 order for 5.00 EUR names cashier {shop}, the canvas another",
        "1 order for 5.00 EUR can go back longer than the 7 days of the canvas",
    ]
    # an address says nothing, a canvas alone no account
    address = desk.read(windowed)["emc"]
    Path("windowed.yaml").write_text(CANVASES["windowed"])
    assert listed(run[0], run[1], address, *run[3:]) == []
    said = emc(run[0], run[1], address, "--canvas", "windowed.yaml", *run[3:])
    assert "the agreement file says" in said.err
    assert said.json[0]["verdict"] == "RECONCILED"


# many orders


def booked(folder: Path, count: int, amount: str = "10.00") -> str:
    """A file of so many orders."""
    lines = [f"{number},customer {number},{amount}" for number in range(1, count + 1)]
    (folder / f"{count}.csv").write_text("\n".join(["order,customer,amount", *lines]))
    return f"{count}.csv"


def interrupting(monkeypatch: pytest.MonkeyPatch, what: str, nth: int) -> None:
    """Somebody presses Ctrl-C while the nth transaction of a kind is under way."""
    real, seen = edge.send, count(1)

    def send(told: str, *words: Any, **more: Any) -> Any:
        if told == what and next(seen) == nth:
            signal.raise_signal(signal.SIGINT)
        return real(told, *words, **more)

    monkeypatch.setattr(edge, "send", send)


def test_orders_of_a_file_are_placed_stopped_gone_on_with_and_booked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    windowed = Desk.file("windowed")
    file = booked(desk.folder, 5)
    sell = ("sell", windowed, "--orders", file, "--mint", "--account", BUYER)
    place = (*sell, "--returnable", "7d")
    said = emc(*place, "--dry-run", "--json").json
    assert (said["placed"], said["to_place"], said["transactions"]) == (0, 5, 0)
    with monkeypatch.context() as patch:
        interrupting(patch, "placing the order", 2)
        assert "stopped after 2 of 5 orders" in emc(*place, fails=True).err
    said = emc(*place, "--json").json
    assert (said["placed"], said["already_placed"], said["amount"]) == (3, 2, "3000")
    assert said["cashier"] == desk.office.w3.eth.accounts[2]
    # paid once, whichever way
    assert emc(*place, "--json").json["placed"] == 0
    assert emc(*sell, "--json").json["already_sold"] == 5
    booked(desk.folder, 5, "11.00")
    for words in (place, sell):
        assert "line 2: order 1 was paid with 10.00" in emc(*words, fails=True).err
    orders = emc("checkout", "status", windowed, "--json").json["orders"]
    assert [each["standing"] for each in orders] == ["waiting"] * 5
    desk.office.skip(7 * DAY)
    book = ("checkout", "book", windowed, "--account", STRANGER, "--batch", "2")
    with monkeypatch.context() as patch:
        interrupting(patch, "booking", 1)
        assert "stopped after 2 of 5 orders" in emc(*book, fails=True).err
    with monkeypatch.context() as patch:
        patch.setattr(edge, "send", refusing("booking", 2))
        said = emc(*book, fails=True)
        assert "after 2 of 3 orders: the node went away" in said.err
    assert emc(*book, "--json").json == {"due": 1, "booked": 1, "amount": "1000"}
    assert desk.emc("windowed").functions.total().call() == 5_000


def refusing(what: str, nth: int) -> Any:
    """A node that goes away before the nth transaction of a kind."""
    real, seen = edge.send, count(1)

    def send(told: str, *words: Any, **more: Any) -> Any:
        if told == what and next(seen) == nth:
            raise EMCError("the node went away")
        return real(told, *words, **more)

    return send


def test_what_was_sold_is_not_placed_and_what_is_sold_at_once_has_no_cashier(desk: Desk) -> None:
    windowed = Desk.file("windowed")
    sell = ("sell", windowed, "--orders", booked(desk.folder, 2), "--mint", "--account", BUYER)
    emc(*sell)
    said = emc(*sell, "--returnable", "7d", "--json").json
    assert (said["placed"], said["already_placed"]) == (0, 2)
    for more in (("--returnable", "0"), ("--cashier", cashier_of(desk))):
        assert "cannot be returned" in emc(*sell, *more, fails=True).err
    words = ("sell", PICNIC, "--orders", "2.csv", "--returnable", "7d")
    assert "nobody could give it back" in emc(*words, fails=True).err
    assert "after the EMC's end" in emc(*sell, "--returnable", "90d", fails=True).err


# signatures


@pytest.fixture
def stable(desk: Desk) -> Desk:
    """The token of the picnic takes authorizations as USDC does."""
    token = desk.token("picnic").address
    names = [keccak(text=each) for each in ("USD Coin", "2")]
    kind = keccak(
        text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    )
    separator = keccak(
        encode(["bytes32"] * 3 + ["uint256", "address"], [kind, *names, 31337, token])
    )
    code = deployer("mocks/StableToken.vy").compiler_data.bytecode_runtime + separator
    desk.office.ask("anvil_setCode", token, "0x" + code.hex())
    return desk


def authorized(file: str, *more: str, account: str = BUYER) -> str:
    out = f"signed-{file}"
    emc("checkout", "authorize", file, "--account", account, "--out", out, "--yes", *more)
    return out


def test_a_buyer_without_coin_signs_and_the_shop_relays(stable: Desk) -> None:
    buyer = fund(stable, 100_000_000)
    file = asked(stable)
    stable.office.ask("anvil_setBalance", buyer, "0x0")
    signed = authorized(file)
    words = ("checkout", "relay", signed, "--request", file, "--account", STRANGER)
    said = emc(*words, "--json").json
    assert (said["how"], said["standing"]) == ("authorization", "waiting")
    assert said["order"]["buyer"] == buyer
    emc("checkout", "status", PICNIC, "--request", file)
    assert "has already been paid" in emc(*words, fails=True).err


def test_who_relays_late_takes_no_time_to_return_away(stable: Desk) -> None:
    """Relayed when the order is due, it would be sold in the same transaction."""
    fund(stable, 100_000_000)
    file = asked(stable)
    signed = stable.read(authorized(file, "--valid", "30d"))
    assert signed["valid_before"] == signed["order"]["due_at"]
    stable.office.skip(14 * DAY)
    words = ("checkout", "relay", f"signed-{file}", "--account", STRANGER)
    assert "it has expired" in emc(*words, fails=True).err
    # what is sold at once loses none
    file = asked(stable, "1002", "1", "--returnable", "0")
    signed = stable.read(authorized(file, "--valid", "30d"))
    now = stable.office.w3.eth.get_block("latest")["timestamp"]
    assert signed["valid_before"] >= now + 30 * DAY


def test_what_is_signed_says_under_which_terms_it_will_be_sold(stable: Desk) -> None:
    fund(stable, 100_000_000)
    file = asked(stable)
    words = ("--account", BUYER, "--yes")
    sold = "it is sold, under the terms in force at that time"
    assert sold in emc("checkout", "authorize", file, *words, "--out", "signed.json").out
    assert sold in emc("checkout", "pay", file, *words).out
    file = asked(stable, "1002", "1", "--returnable", "0")
    assert sold not in emc("checkout", "pay", file, *words).out


def test_an_authorization_is_checked_whole_before_it_is_sent(stable: Desk) -> None:
    fund(stable, 24_500_000)
    file = asked(stable)
    signed = authorized(file)
    sent = stable.office.sent
    for way, value, why in (
        (("order", "cashier"), "0x" + "11" * 20, "another order than was asked for: cashier"),
        (("order", "amount"), "24500001", "another order than was asked for: amount"),
        (("valid_before",), 1, "it has expired"),
        (("valid_after",), 2**39, "it is not valid yet"),
        (("token", "version"), "1", "signed for another token, name or version"),
        (("signature",), "0x" + "11" * 65, "the buyer has signed something else"),
    ):
        Path("bad.json").write_text(Path(signed).read_text())
        stable.edit("bad.json", way, value)
        relay = ("checkout", "relay", "bad.json", "--request", file, "--account", STRANGER)
        assert why in emc(*relay, fails=True).err
    token = stable.token("picnic")
    stable.done(
        token.functions.transfer(stable.office.w3.eth.accounts[1], 1).transact(
            {"from": stable.office.w3.eth.accounts[9]}
        )
    )
    relay = ("checkout", "relay", signed, "--request", file, "--account", STRANGER)
    assert "has too little" in emc(*relay, fails=True).err
    assert stable.office.sent == sent + 1


def test_a_token_without_authorizations_gets_the_allowance_way(desk: Desk) -> None:
    fund(desk, 10_000)
    file = asked(desk)
    words = ("--account", BUYER, "--out", "signed.json", "--yes")
    said = emc("checkout", "authorize", file, *words, fails=True)
    assert "does not support EIP-3009 authorizations" in said.err
    assert "emc checkout pay" in said.err
    emc("checkout", "pay", file, "--account", BUYER, "--approve", "--yes")


def test_the_files_are_json_that_names_everything(stable: Desk) -> None:
    fund(stable, 100_000_000)
    file = asked(stable)
    signed = json.loads(Path(authorized(file)).read_text())
    request = json.loads(Path(file).read_text())
    assert request["format"] == "emc-order"
    assert signed["format"] == "emc-authorization"
    at = contract(stable.office.w3, "Checkout", systems.ours()["Checkout"])
    assert request["checkout"] == signed["checkout"] == at.address
    assert signed["order"] | {"buyer": request["order"]["buyer"]} == request["order"]
