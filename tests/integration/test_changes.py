"""Renegotiation and amendment by commands, from the first draft to the next payment."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from emc.chain.edge import Chain, connect
from emc.cli.shared.dates import moment
from emc.client import registry, standing, submission
from emc.client import session as sessions
from emc.client.decisions import Decision
from emc.client.system import System
from emc.core.units import PPM
from emc.errors import EMCError
from emc.files import proposal as files
from emc.files import signature_files
from tests.integration.commands import LOCAL, Desk, Said, emc, orders, signed

pytestmark = pytest.mark.anvil
DAY = 86_400
AUTUMN = ("--share", "0=46/41/36", "--share", "1=34")
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def propose(name: str, out: str = "autumn.json", shares: tuple[str, ...] = AUTUMN) -> None:
    """Draw up other shares."""
    emc("renegotiate", "propose", Desk.file(name), *shares, "--out", out)


def submit(group: str, file: str, *more: str, fails: bool = False) -> Said:
    """An outsider relays what is in a file."""
    return emc(group, "submit", file, "--account", "TEST::0", *more, fails=fails)


def said_by(group: str, file: str) -> dict[int, str]:
    """What each row has said to a proposal."""
    status = emc(group, "status", file, "--json").json
    return {each["row"]: each["said"] for each in status["voices"]}


def beside(chain: Chain, file: str) -> Decision:
    """A proposal beside the chain."""
    proposal = files.read(Path(file))
    return Decision(standing.read(System.load(chain), proposal.emc), proposal)


# renegotiation


def test_shares_are_renegotiated_by_a_file_that_is_mailed(desk: Desk) -> None:
    picnic = desk.emc("picnic")
    lines = orders(desk.folder, ["1,ann,100.00", "2,bob,200.00"])
    emc("sell", desk.file("picnic"), "--orders", lines, "--mint")
    said = emc("renegotiate", "propose", desk.file("picnic"), *AUTUMN, "--out", "autumn.json")
    assert "epoch            1 in force, would become 2" in said.out
    assert "proceeds so far  300.00 EUR" in said.out
    assert "needs            2 of 3 votes" in said.out
    assert "50% > 46% (-4%)" in said.out
    assert desk.read("autumn.json")["signatures"] == []

    # one is too few, and nothing is sent
    signed("renegotiate", "autumn.json", 1)
    before = desk.office.sent
    few = submit("renegotiate", "autumn.json", fails=True)
    assert "1 of 2 have agreed" in few.err
    assert "still missing: row 1, row 2" in few.err
    assert desk.office.sent == before

    # an approval on chain counts like a signature, until it is taken back
    sign = ("renegotiate", "sign", "autumn.json", "--account", "TEST::2", "--yes")
    emc(*sign, "--on-chain")
    assert said_by("renegotiate", "autumn.json") == {0: "signed", 1: "approved", 2: "missing"}
    emc(*sign, "--revoke")
    assert said_by("renegotiate", "autumn.json") == {0: "signed", 1: "missing", 2: "missing"}

    # so does a signature
    signed("renegotiate", "autumn.json", 2, 3)
    emc(*sign, "--revoke")
    status = emc("renegotiate", "status", "autumn.json")
    assert "2 of 2 have agreed" in status.out
    assert "its signature was revoked" in status.out

    done = submit("renegotiate", "autumn.json", "--json").json
    assert done["epoch"] == picnic.functions.epoch().call() == 2
    again_at = desk.office.now + 7 * DAY
    assert done["emc"] == picnic.address

    stale = submit("renegotiate", "autumn.json", fails=True)
    assert "drawn up in epoch 1, epoch 2 is in force" in stale.err
    assert "propose it again" in stale.err
    winter = ("--share", "0=50/45/40", "--share", "1=30", "--out", "winter.json")
    said = emc("renegotiate", "propose", desk.file("picnic"), *winter)
    when = f"from {moment(again_at)}"
    assert f"can be put into force  {when}" in said.out
    assert f"can be put into force {when}" in emc("renegotiate", "status", "winter.json").out
    shown = emc("renegotiate", "show", "winter.json", "--json").json
    assert shown["in_force_from"] == again_at
    dates = emc("status", desk.file("picnic"), "--json").json["dates"]
    assert {"what": "shares may change again", "at": again_at} in dates
    signed("renegotiate", "winter.json", 1, 2)
    soon = submit("renegotiate", "winter.json", fails=True)
    assert "changes: too soon" in soon.err
    desk.office.skip(7 * DAY)
    assert "can be put into force" not in emc("renegotiate", "show", "winter.json").out
    submit("renegotiate", "winter.json")
    assert picnic.functions.epoch().call() == 3


def test_what_a_renegotiation_showed_is_what_sales_then_pay(desk: Desk) -> None:
    picnic = desk.emc("picnic")
    desk.sell("picnic", 30_000)
    propose("picnic")
    shown = emc("renegotiate", "show", "autumn.json", "--json").json["rows"]
    signed("renegotiate", "autumn.json", 1, 2)
    submit("renegotiate", "autumn.json")
    brought = [picnic.functions.earned(row).call()[1] for row in range(4)]
    total = 30_000
    for place, earned in enumerate(zip(*(row["earned"] for row in shown), strict=True)):
        level = int(earned[0]["level"])
        desk.sell("picnic", level - total)
        total = level
        for row, each in enumerate(earned):
            now = sum(picnic.functions.earned(row).call())
            # within a base unit for each band and epoch
            assert abs(now - brought[row] - int(each["after"])) <= 3, (place, row)
            assert row > 1 or each["before"] != each["after"]


def test_a_window_lets_nodes_object_and_take_it_back(desk: Desk) -> None:
    said = emc("renegotiate", "propose", desk.file("windowed"), *AUTUMN, "--out", "a.json")
    assert "open it on chain" in said.err
    signed("renegotiate", "a.json", 3)
    said = emc("renegotiate", "sign", "a.json", "--account", "TEST::1", "--yes")
    assert "`emc renegotiate open a.json --account ...`" in said.err
    assert "opened      not yet" in emc("renegotiate", "status", "a.json").out
    early = submit("renegotiate", "a.json", fails=True).err
    assert "nobody has opened these shares on chain" in early
    assert "`emc renegotiate open FILE --account ...`" in early
    emc("renegotiate", "open", "a.json", "--account", "TEST::2", "--yes")
    again = emc("renegotiate", "sign", "a.json", "--account", "TEST::1", "--yes")
    assert "renegotiate open" not in again.err
    emc("renegotiate", "object", "a.json", "--account", "TEST::3", "--yes")
    window = emc("renegotiate", "status", "a.json", "--json").json["window"]
    assert (window["objectors"], window["allowed"]) == ([2], 0)
    assert "opened      not yet" not in emc("renegotiate", "show", "a.json").out
    assert "changes: window is open" in submit("renegotiate", "a.json", fails=True).err

    back = ("renegotiate", "object", "a.json", "--account", "TEST::3", "--take-back", "--yes")
    snapshot = desk.office.ask("evm_snapshot")
    desk.office.skip(3 * DAY)
    assert "changes: objected" in submit("renegotiate", "a.json", fails=True).err
    desk.office.ask("evm_revert", snapshot)
    emc(*back)
    desk.office.skip(3 * DAY)
    late = emc(*back[:5], "--yes", fails=True)
    assert "Error: the window to object closed on 20" in late.err
    submit("renegotiate", "a.json")
    assert desk.emc("windowed").functions.epoch().call() == 2


@pytest.mark.deep
def test_who_opens_the_same_keeps_it_open_with_its_clock(desk: Desk) -> None:
    propose("windowed", "a.json")
    opens = ("renegotiate", "open", "a.json", "--yes", "--account")
    emc(*opens, "TEST::1", "--valid", "4d")
    opened_at = emc("renegotiate", "status", "a.json", "--json").json["window"]["opened_at"]
    assert "already opened it" in emc(*opens, "TEST::1", "--valid", "4d").err
    desk.office.skip(DAY)
    emc(*opens, "TEST::2", "--valid", "30d")
    # the first would have expired
    desk.office.skip(4 * DAY)
    window = emc("renegotiate", "status", "a.json", "--json").json["window"]
    assert window["opened_at"] == opened_at
    signed("renegotiate", "a.json", 1)
    submit("renegotiate", "a.json")
    assert desk.emc("windowed").functions.epoch().call() == 2


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        (("--share", "0=46"), "shares sum to 96%"),
        (("--share", "0=45/40/35", "--share", "1=35/35/36"), "the upside shares sum to 101%"),
        (("--share", "0=61/45/40", "--share", "1=19/30/30"), "row 0: base 61% is outside"),
        (("--share", "0=50/45/40"), "nothing changes"),
        (("--share", "9=50"), "there is no row 9"),
        (("--share", "1=30", "--share", "1=30"), "a row is named twice"),
        (("--share", "1=30/30"), "is not ROW=PERCENT"),
        (("--share", "\u00b2=30"), "no row has that name"),
        (("--share", "1=x"), "is not a percentage"),
        (("--share", "200=5"), "there is no row 200"),
    ],
)
def test_shares_that_could_never_pass_are_refused_before_anybody_signs(
    desk: Desk, shares: tuple[str, ...], says: str
) -> None:
    target = (desk.file("picnic"), "--out", "x.json")
    refused = emc("renegotiate", "propose", *target, *shares, fails=True)
    assert says in refused.err
    assert not Path("x.json").exists()


def test_a_file_that_is_there_is_never_written_over(desk: Desk) -> None:
    propose("picnic", "a.json")
    signed("renegotiate", "a.json", 1)
    whole = Path("a.json").read_bytes()
    target = (desk.file("picnic"), "--out", "a.json")
    for words in (
        ("renegotiate", "propose", *target, *AUTUMN),
        ("amend", "draft", *target),
        ("disband", "propose", *target),
    ):
        assert "a.json is there already" in emc(*words, fails=True).err
    assert Path("a.json").read_bytes() == whole


def test_a_refused_proposal_leaves_no_file(desk: Desk) -> None:
    target = (desk.file("picnic"), *AUTUMN, "--out", "a.json")
    other = emc("renegotiate", "propose", *target, "--agreement", desk.file("users"), fails=True)
    assert "is not the agreement of" in other.err
    assert not Path("a.json").exists()
    named = emc("renegotiate", "propose", *target, "--agreement", desk.file("picnic"))
    assert "0 Baker" in named.out
    assert Path("a.json").exists()


# who may sign what


def test_only_a_node_signs_and_only_by_its_own_account(desk: Desk) -> None:
    propose("picnic")
    sign = ("renegotiate", "sign", "autumn.json", "--account")
    assert "has no vote" in emc(*sign, "TEST::0", "--yes", fails=True).err
    # the controller of the fund
    assert "has no vote" in emc(*sign, "TEST::4", "--yes", fails=True).err
    assert "there is no terminal to confirm at" in emc(*sign, "TEST::1", fails=True).err
    both = emc(*sign, "TEST::1", "--yes", "--on-chain", "--revoke", fails=True)
    assert "exclude each other" in both.err
    assert "no account 'nobody'" in emc(*sign, "nobody", "--yes", fails=True).err
    assert desk.read("autumn.json")["signatures"] == []


@pytest.mark.usefixtures("desk")
def test_every_node_reads_its_own_numbers_first() -> None:
    propose("picnic")
    said = emc("renegotiate", "sign", "autumn.json", "--account", "TEST::2", "--yes")
    rows = [line.split()[1] for line in said.out.splitlines() if line.startswith("Row ")]
    assert rows == ["1", "0"]
    assert "Row 1 Cook (you)" in said.out
    money = [line[0] for line in said.out.splitlines() if line[:1].isdigit()]
    assert money == ["1", "0", "2", "3"]


def test_a_signature_that_does_not_count_is_named_with_its_reason(desk: Desk) -> None:
    propose("picnic", "a.json")
    signed("renegotiate", "a.json", 1, 2)
    whole = Path("a.json").read_text()
    first, second = desk.read("a.json")["signatures"]
    v, s = first["data"][-2:], int(first["data"][66:130], 16)
    assert s <= HALF_ORDER
    flipped = f"{first['data'][:66]}{ORDER - s:064x}{'1b' if v == '1c' else '1c'}"
    for way, value, why in (
        (("signatures", 0, "data"), second["data"], "it signed something else"),
        (("signatures", 0, "data"), first["data"][:-2] + "00", "its signature is not one"),
        (("signatures", 0, "data"), first["data"][:-2], "its signature is not one"),
        (("signatures", 0, "data"), "0x" + "00" * 65, "its signature is not one"),
        (("signatures", 0, "data"), flipped, "its signature is not one"),
        (("signatures", 0, "signer"), second["signer"], "signed by 0x3C44"),
        (("signatures", 0, "deadline"), first["deadline"] + 1, "it signed something else"),
        (("signatures", 0, "deadline"), 1, "its signature has expired"),
        (("signatures", 0, "nonce"), 1, "its signature was revoked"),
    ):
        desk.edit("a.json", way, value)
        with connect(LOCAL[1]) as chain, pytest.raises(EMCError) as caught:
            submission.submit(beside(chain, "a.json"), chain.account("TEST::0"))
        assert "1 of 2 have agreed" in str(caught.value), way
        assert f"row 0 ({why}" in caught.value.hint, way
        Path("a.json").write_text(whole)
    submit("renegotiate", "a.json")


def test_an_expired_signature_is_given_again(desk: Desk) -> None:
    propose("picnic", "a.json")
    sign = ("renegotiate", "sign", "a.json", "--account", "TEST::1", "--yes", "--valid")
    emc(*sign, "1h")
    signed("renegotiate", "a.json", 2)
    desk.office.skip(3_601)
    assert "its signature has expired" in submit("renegotiate", "a.json", fails=True).err
    emc(*sign, "1h")
    assert len(desk.read("a.json")["signatures"]) == 2
    submit("renegotiate", "a.json")


# files


def test_an_altered_file_is_refused_by_every_command_with_the_field_that_differs(
    desk: Desk,
) -> None:
    propose("picnic", "a.json")
    signed("renegotiate", "a.json", 1, 2)
    whole = Path("a.json").read_text()
    sent = desk.office.sent
    other = desk.read(desk.file("users"))["emc"]
    for way, value, says in (
        (("change", "shares", 0, "base"), 470_000, "terms_hash says 0x"),
        (("change", "shares", 1, "row"), 2, "terms_hash says 0x"),
        (("terms_hash",), "0x" + "11" * 32, "terms_hash says 0x"),
        (("epoch",), 2, "drawn up in epoch 2, epoch 1 is in force"),
        (("chain_id",), 1, "for chain 1, this is chain 31337"),
        (("emc",), other, "terms_hash says 0x"),
        (("emc",), "0x" + "12" * 20, "is not an EMC made by Consent"),
        (("format",), "emc-agreement/1", "format 'emc-agreement/1' is not"),
        (("bonus",), 1, "bonus: is not a field here"),
        (("signatures", 1, "index"), 0, "a row has signed twice"),
    ):
        desk.edit("a.json", way, value)
        with connect(LOCAL[1]) as chain, pytest.raises(EMCError) as caught:
            beside(chain, "a.json")
        assert says in str(caught.value), way
        Path("a.json").write_text(whole)
    desk.edit("a.json", ("change", "shares", 0, "base"), 470_000)
    altered = Path("a.json").read_text()
    for words in (("sign", "--yes"), ("submit",), ("open", "--yes"), ("object", "--yes")):
        refused = emc(
            "renegotiate", words[0], "a.json", "--account", "TEST::1", *words[1:], fails=True
        )
        assert "terms_hash says 0x" in refused.err
        assert "the file was altered" in refused.err
    assert Path("a.json").read_text() == altered
    assert desk.office.sent == sent


def test_what_is_no_proposal_of_this_kind_is_refused(desk: Desk) -> None:
    propose("picnic", "a.json")
    hint = emc("amend", "sign", "a.json", "--account", "TEST::1", "--yes", fails=True).err
    assert "is about renegotiation, not amendment" in hint
    assert "Hint: use `emc renegotiate`" in hint
    contents = {
        "empty": "",
        "list": "[]",
        "text": "shares: 1",
        "large": " " * (2**20 + 1),
        # the parser itself would break down
        "deep": "[" * 100_000,
    }
    none = emc("renegotiate", "show", desk.file("picnic"), fails=True).err
    assert "no renegotiation is open on chain for" in none
    for name, content in contents.items():
        Path(f"{name}.json").write_text(content)
        assert f"{name}.json" in emc("renegotiate", "show", f"{name}.json", fails=True).err
    assert "nowhere.json: No such file" in emc("disband", "show", "nowhere.json", fails=True).err
    assert "Is a directory" in emc("disband", "show", ".", fails=True).err


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("0x12", "is not an address"),
        ("0x" + "zz" * 20, "is not an address"),
        ("0x" + "12" * 20, "is not an EMC made by Consent"),
        ("nowhere.agreement.json", "No such file"),
    ],
)
def test_a_target_that_is_no_emc_is_refused(desk: Desk, target: str, says: str) -> None:
    refused = emc("renegotiate", "propose", target, *AUTUMN, "--out", "a.json", fails=True)
    assert says in refused.err
    assert sorted(path.name for path in desk.folder.iterdir()) == sorted(
        desk.file(name) for name in ("picnic", "users", "windowed")
    )


def test_a_target_may_be_an_address_in_any_spelling(desk: Desk) -> None:
    at = desk.emc("picnic").address
    for number, target in enumerate((at, at.lower())):
        emc("renegotiate", "propose", target, *AUTUMN, "--out", f"{number}.json")
    assert desk.read("0.json") == desk.read("1.json")
    desk.edit("0.json", ("emc",), at.lower())
    signed("renegotiate", "0.json", 1, 2)
    submit("renegotiate", "0.json")


def test_a_node_that_leaves_events_out_is_found_out(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.sell("picnic", 1_000)
    propose("picnic", "a.json")
    signed("renegotiate", "a.json", 1, 2)
    submit("renegotiate", "a.json")
    tell = Chain.events
    for name, says in (
        ("Renegotiated", "Consent has 0x"),
        ("Adopted", "does not reconcile"),
        ("Payout", "does not reconcile"),
        ("Made", "no terms of"),
    ):

        def leaving_out(*args: Any, name: str = name, **kwargs: Any) -> Any:
            return [each for each in tell(*args, **kwargs) if each.name != name]

        monkeypatch.setattr(Chain, "events", leaving_out)
        refused = emc("amend", "draft", desk.file("picnic"), "--out", "x.yaml", fails=True)
        assert says in refused.err


# amendment


def edited(draft: str, out: str, change: Any) -> None:
    """A draft as somebody edited it."""
    yaml = YAML()
    document = yaml.load(Path(draft).read_text())
    change(document)
    with Path(out).open("w") as file:
        yaml.dump(document, file)


def draft(name: str = "picnic") -> None:
    """The terms in force as a file."""
    emc("amend", "draft", Desk.file(name), "--out", "terms.yaml")


def test_an_amendment_is_signed_by_all_before_and_after(desk: Desk) -> None:
    picnic = desk.emc("picnic")
    desk.sell("picnic", 40_000)
    draft()
    text = Path("terms.yaml").read_text()
    assert f"# Terms of {picnic.address}, epoch 1." in text
    assert "  lower: 300000  # 30%" in text
    with connect(LOCAL[1]) as chain:
        joiner = chain.account("TEST::5")
        me = registry.register(System.load(chain), joiner, "node")

    def change(terms: Any) -> None:
        rider = next(row for row in terms["rows"] if row["id"] == 2)
        terms["rows"][0]["upper"] = 700_000
        rider.update(id=4, party=me, payee=joiner.address, cost=5_000)

    edited("terms.yaml", "new.yaml", change)
    target = (desk.file("picnic"), "--terms", "new.yaml", "--out", "a.json")
    said = emc("amend", "propose", *target)
    assert "needs            4 of 4 votes" in said.out
    assert "joins" in said.out
    assert "leaves" in said.out
    signed("amend", "a.json", 1, 2, 5)
    refused = submit("amend", "a.json", fails=True)
    assert "3 of 4 have agreed" in refused.err
    assert "still missing: row 2" in refused.err
    # who leaves by it signs a departure
    signed("amend", "a.json", 3)
    assert said_by("amend", "a.json") == {0: "signed", 1: "signed", 2: "signed", 4: "signed"}
    assert submit("amend", "a.json", "--json").json["epoch"] == 2
    assert picnic.functions.payee_of(4).call() == joiner.address
    left = picnic.functions.earned(2).call()
    desk.sell("picnic", 70_000)
    # the gate is open: what waited for the rider is owed, and grows no more
    assert picnic.functions.credits(2).call() == left[1] > 0
    assert picnic.functions.earned(4).call()[0] > 0
    shown = emc("leave", "status", desk.file("picnic"), "--json").json
    assert shown["left"] == []


def test_an_amendment_of_the_goal_asks_who_left_and_waits(desk: Desk) -> None:
    desk.sell("picnic", 40_000)
    emc("leave", "notice", desk.file("picnic"), "--account", "TEST::3", "--yes")
    desk.office.skip(7 * DAY)
    emc("leave", "submit", desk.file("picnic"), "--row", "2", "--account", "TEST::0")
    draft()
    target = (desk.file("picnic"), "--out")
    edited(
        "terms.yaml",
        "gate.yaml",
        lambda terms: terms["goal"]["measures"][0].update(benchmark=40_000),
    )
    said = emc("amend", "propose", *target, "gate.json", "--terms", "gate.yaml")
    assert "benchmark 1,000.00 EUR, target 2,000.00 EUR > benchmark 400.00 EUR" in said.out
    signed("amend", "gate.json", 1, 2)
    assert "still missing: row 2" in submit("amend", "gate.json", fails=True).err
    # what does not touch its money does not need it
    edited("terms.yaml", "later.yaml", lambda terms: terms.update(disburse_at=500))
    emc("amend", "propose", *target, "later.json", "--terms", "later.yaml")
    signed("amend", "later.json", 1, 2)
    assert set(said_by("amend", "later.json")) == {0, 1}
    signed("amend", "gate.json", 3)
    submit("amend", "gate.json")
    assert desk.emc("picnic").functions.is_gate_open().call()
    assert "drawn up in epoch 2" in submit("amend", "later.json", fails=True).err


def test_a_draft_that_cannot_be_terms_is_refused_with_the_field(desk: Desk) -> None:
    draft()
    parties = {row["id"]: row["party"] for row in YAML().load(Path("terms.yaml"))["rows"]}

    def other_party(terms: Any) -> None:
        terms["rows"][0]["party"] = parties[1]
        terms["rows"][1]["party"] = parties[0]

    for change, says in (
        (lambda terms: terms.update(nonce=terms["nonce"]), "nothing changes"),
        (lambda terms: terms.update(bonus=1), "terms.bonus: terms have no such field"),
        (lambda terms: terms.pop("leaving"), "terms.leaving is missing"),
        (lambda terms: terms.update(backstop="0x12"), "terms.backstop: '0x12' is not"),
        (lambda terms: terms.update(currency="0x" + "00" * 20), "currency: it can never change"),
        (lambda terms: terms["rows"][0].update(lower=2_000_000), "terms.rows.0: more than"),
        (lambda terms: terms["rows"][0].update(upper=1), "terms: share outside bounds"),
        (lambda terms: terms["rows"][0].update(base=1), "terms: share outside bounds"),
        (lambda terms: terms["goal"]["measures"][0].update(target=-1), "terms"),
        (other_party, "row 0: it stays with its party"),
    ):
        edited("terms.yaml", "new.yaml", change)
        target = (desk.file("picnic"), "--terms", "new.yaml", "--out", "a.json")
        assert says in emc("amend", "propose", *target, fails=True).err
        assert not Path("a.json").exists()
    Path("new.yaml").write_text("- 1")
    target = (desk.file("picnic"), "--terms", "new.yaml", "--out", "a.json")
    assert "new.yaml" in emc("amend", "propose", *target, fails=True).err


def test_what_somebody_else_drew_up_is_refused_before_it_is_signed(desk: Desk) -> None:
    with connect(LOCAL[1]) as chain:
        now = standing.read(System.load(chain), desk.emc("picnic").address)
    terms, checkout = now.terms, now.system.checkout.address
    first, second, *rest = terms.rows
    swapped = (replace(first, party=second.party), replace(second, party=first.party), *rest)
    greedy = files.Share(row=first.id, base=PPM, leading=PPM, upside=PPM)
    cases: list[tuple[str, files.Body, str]] = [
        ("renegotiate", files.Renegotiation(shares=(greedy,)), "the base shares sum to"),
        *(
            ("amend", files.Amendment(terms=files.document_of(after)), says)
            for after, says in (
                (replace(terms, currency=checkout), "currency: it can never change"),
                (replace(terms, rows=swapped), "row 0: it stays with its party"),
                (replace(terms, backstop=checkout), "paid at Checkout"),
                (replace(terms, rows=(replace(first, base=1), second, *rest)), "terms: share"),
            )
        ),
    ]
    for group, change, says in cases:
        after = files.applied(change, terms).hash()
        drawn = files.Proposal(now.system.chain.id, now.emc, now.epoch, after, change)
        signature_files.write(Path("mailed.json"), drawn)
        for way in ((), ("--on-chain",)):
            signing = ("sign", "mailed.json", "--account", "TEST::1", "--yes", *way)
            assert says in emc(*signing, fails=True).err
        (told,) = emc(group, "show", "mailed.json").err.splitlines()
        assert told.startswith("the contracts would refuse it: ")
        assert says in told
        assert says in emc(group, "show", "mailed.json", "--json").json["refused"]
        with sessions.connect(LOCAL[1]) as session, pytest.raises(EMCError, match=says):
            session.sign(drawn, "TEST::1")
        assert files.read(Path("mailed.json")).signatures == ()
        # who signed it elsewhere can take it back
        emc(group, "sign", "mailed.json", "--account", "TEST::1", "--yes", "--revoke")
        Path("mailed.json").unlink()


def test_a_row_id_never_comes_back(desk: Desk) -> None:
    emc("leave", "notice", desk.file("picnic"), "--account", "TEST::3", "--yes")
    desk.office.skip(7 * DAY)
    emc("leave", "submit", desk.file("picnic"), "--row", "2", "--account", "TEST::0")
    with connect(LOCAL[1]) as chain:
        me = registry.register(System.load(chain), chain.account("TEST::5"), "node")
    draft()

    def again(terms: Any) -> None:
        fund = terms["rows"].pop()
        share = dict.fromkeys(("base", "leading", "upside"), 100_000)
        for name in share:
            fund[name] -= 100_000
        terms["rows"] += [{**terms["rows"][1], **share, "id": 2, "party": me, "lower": 0}, fund]

    edited("terms.yaml", "new.yaml", again)
    target = (desk.file("picnic"), "--terms", "new.yaml", "--out", "a.json")
    assert "row 2: the id was used before" in emc("amend", "propose", *target, fails=True).err


def test_a_new_canvas_is_agreed_on_with_its_hash(desk: Desk) -> None:
    text = (desk.office.folder / "picnic.yaml").read_text()
    Path("old.yaml").write_text(text)
    Path("new.yaml").write_text(text.replace("A basket at the lake", "A basket on the lake"))
    draft()
    target = (desk.file("picnic"), "--terms", "terms.yaml", "--out", "a.json")
    said = emc("amend", "propose", *target, "--canvas", "new.yaml")
    assert "A basket at the lake > A basket on the lake" in said.out
    # what is not shown is not signed by a --yes
    sign = ("amend", "sign", "a.json", "--account", "TEST::1", "--yes")
    unread = emc(*sign, fails=True).err
    assert "--yes does not cover canvas hash, and its text was not shown" in unread
    assert (
        "in the canvas with the hash below, which is unknown here"
        in emc("amend", "show", "a.json").out
    )
    assert "the text is not that of" in emc(*sign, "--canvas", "old.yaml", fails=True).err
    accepted = said.out.split("canvas hash")[1].split(" > ")[1].split()[0]
    emc(*sign, "--accept", accepted)
    for account in ("TEST::2", "TEST::3"):
        read = emc(*sign[:4], account, "--yes", "--canvas", "new.yaml")
        assert "A basket at the lake > A basket on the lake" in read.out
    submit("amend", "a.json")
    assert desk.emc("picnic").functions.epoch().call() == 2
