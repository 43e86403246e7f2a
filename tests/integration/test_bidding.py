"""Calls and bids by commands, on a local node."""

import stat
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi.abi import encode
from eth_utils.crypto import keccak

from emc import artifacts
from emc.cli import emc as command
from emc.cli.shared import sessions
from emc.client import bidding
from emc.errors import EMCError
from emc.files import calls, systems
from emc.files.salts import Secret
from tests.core.test_calls import BID, CALL, FILL
from tests.integration.commands import LOCAL, Desk, Said, emc
from tests.kit import address, deployer

pytestmark = pytest.mark.anvil
DAY = 86_400
# the baker leads the EMCs of the office, the others are new
LEADER, ROASTER, RIVAL = "TEST::1", "TEST::5", "TEST::6"
OPEN_TO_ALL = CALL.replace(
    "bar: {stars: 3.5, emcs: 1, proceeds: 1000, admits_unrated: false}",
    "bar: {stars: 3.5, admits_unrated: true}",
)
SEALED = OPEN_TO_ALL + "sealed: true\n"


@pytest.fixture(autouse=True)
def _bidders(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two more MEs, 4 and 5, and the files of a call, two bids and the leader's own row."""
    monkeypatch.setenv("EMC_SALTS", str(desk.folder / "salts"))
    register(desk, 5, 6)
    own = BID.replace("roastery", "bakery").replace(
        "25, lower: 20, upper: 35", "60, lower: 50, upper: 80"
    )
    rival = BID.replace("Courtyard", "Riverside").replace("asked: 25", "asked: 30")
    better = BID.replace("asked: 25", "asked: 22")
    for name, text in (
        ("call", OPEN_TO_ALL),
        ("sealed", SEALED),
        ("barred", CALL),
        ("bid", BID),
        ("rival", rival),
        ("better", better),
        ("own", own),
    ):
        (desk.folder / f"{name}.yaml").write_text(text)


def contract(desk: Desk, name: str) -> Any:
    """A contract that all EMCs share, as web3 sees it."""
    address_ = systems.ours()[name]
    return desk.office.w3.eth.contract(
        address=desk.office.w3.to_checksum_address(address_), abi=artifacts.load(name)["abi"]
    )


def register(desk: Desk, *accounts: int) -> None:
    """Test accounts become MEs."""
    for account in accounts:
        sender = {"from": desk.office.w3.eth.accounts[account]}
        call = contract(desk, "MicroEnterprises").functions.register(4, 0, "", bytes(32))
        desk.office.w3.eth.wait_for_transaction_receipt(call.transact(sender))


def as_(account: str, *words: str, fails: bool = False) -> Said:
    """An account acts, and is not asked."""
    return emc(*words, "--account", account, "--yes", fails=fails)


def opened(file: str = "call.yaml", *more: str) -> int:
    return int(as_(LEADER, "call", "open", file, "--json", *more).json["call"])


def show(number: int, *more: str) -> list[dict[str, object]]:
    bids: list[dict[str, object]] = emc("call", "show", str(number), "--json", *more).json["bids"]
    return bids


def test_a_call_leads_to_a_canvas(desk: Desk) -> None:
    said = as_(LEADER, "call", "open", "call.yaml", "--uri", "ipfs://call")
    assert "call 1 is open; bids until " in said.err
    said = as_(ROASTER, "bid", "place", "1", "bid.yaml", "--call", "call.yaml")
    assert "warning" not in said.err
    # the call as it stands and all of the bid, before anything is confirmed
    document = calls.load_call(Path("call.yaml")).hash().hex()
    for shown in (
        "Call 1: roasting\n  leader    ME 1\n",
        "10% to 40%",
        "bids      until ",
        "3.50 stars, unrated admitted",
        f"registry  {contract(desk, 'Reputation').address}",
        f"0x{document} ipfs://call",
        f"(bid.yaml, hash 0x{calls.load_bid(Path('bid.yaml')).hash().hex()})",
        "never outside 20% to 35%",
        f"payee           {address('roastery')}",
        "of every sale, cover of 400.00 EUR\n",
        "solution  ",
        "needs  ",
    ):
        assert shown in said.out
    as_(RIVAL, "bid", "place", "1", "rival.yaml", "--uri", "ipfs://rival")
    # an own bid is improved by placing another
    as_(ROASTER, "bid", "place", "1", "better.yaml")
    shown = emc(
        "call", "show", "1", "--call", "call.yaml", "--bid", "better.yaml", "--bid", "rival.yaml"
    ).out
    assert "Call 1: roasting" in shown
    assert "3.50 stars, unrated admitted" in shown
    assert "4  Courtyard roastery  OPEN     22%  unrated     0         0  ok" in shown
    assert "5  Riverside roastery  OPEN     30%  unrated     0         0  ok" in shown
    assert "never outside 20% to 35%" in shown
    unread = emc("call", "show", "1", "--bid", "better.yaml").out
    assert "cover of 400, in the currency of the call, which its file names: add --call" in unread
    assert (
        "is not the document of a bid"
        in emc("call", "show", "1", "--bid", "bid.yaml", fails=True).err
    )
    early = as_(LEADER, "call", "award", "1", "better.yaml", "--me", "4", fails=True)
    assert "calls: not the time to award" in early.err
    as_(LEADER, "call", "close", "1", "--bidding")
    # not what the bid says now
    stale = as_(LEADER, "call", "award", "1", "bid.yaml", "--me", "4", fails=True)
    assert "bid.yaml is not what ME 4 bid" in stale.err
    stranger = as_(RIVAL, "call", "award", "1", "better.yaml", "--me", "4", fails=True)
    assert "calls: not the leader" in stranger.err
    said = as_(LEADER, "call", "award", "1", "better.yaml", "--me", "4")
    assert "1 of 1 places are taken" in said.err
    assert [each["state"] for each in show(1)] == ["AWARDED", "OPEN"]
    assert emc("bid", "status", "1", "--account", ROASTER, "--json").json["next"].startswith("wait")

    draft = ("call", "draft", "1", "--call", "call.yaml", "--own", "own.yaml")
    lost = emc(*draft, "--out", "c.yaml", fails=True)
    assert "the bid of ME 4 in call 1 is awarded, and its file is missing" in lost.err
    assert not Path("c.yaml").exists()
    said = emc(*draft, "--bid", "better.yaml", "--out", "c.yaml", "--parties", "p.yaml")
    assert "leading_goal: what all nodes work for together" in said.out
    again = emc(*draft, "--bid", "better.yaml", "--out", "c.yaml", fails=True)
    assert "c.yaml is there already" in again.err
    with Path("c.yaml").open("a") as file:
        file.write(FILL)
    checked = CliRunner().invoke(command, ["canvas", "check", "c.yaml"])
    assert checked.exit_code == 0, checked.output
    assert "2 nodes, led by Courtyard bakery" in checked.output
    assert f"me: 4\n    payee: '{address('roastery')}'" in Path("p.yaml").read_text()


def test_a_sealed_bid_is_opened_with_the_salt_that_was_kept(desk: Desk) -> None:
    opened("sealed.yaml")
    said = as_(ROASTER, "bid", "place", "1", "bid.yaml")
    assert "if it is lost, nobody can open the bid" in said.err
    (kept,) = [each for each in (desk.folder / "salts").rglob("*") if each.is_file()]
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert str(kept) in said.err
    assert show(1)[0]["state"] == "SEALED"
    assert show(1)[0]["share"] is None
    assert "sealed" in emc("call", "show", "1").out
    # a better one gets a salt of its own, and the first stays
    as_(ROASTER, "bid", "place", "1", "better.yaml")
    assert len([each for each in (desk.folder / "salts").rglob("*") if each.is_file()]) == 2
    as_(RIVAL, "bid", "place", "1", "rival.yaml")
    early = as_(ROASTER, "bid", "reveal", "1", fails=True)
    assert "the time to bid in call 1 is not over" in early.err
    desk.office.skip(14 * DAY + 60)
    status = emc("bid", "status", "1", "--account", ROASTER)
    assert "reveal it now" in status.out
    line = f"  emc bid reveal 1 --account {ROASTER} --network {LOCAL[1]}"
    assert line in status.out.splitlines()
    said = as_(ROASTER, "bid", "reveal", "1", "--uri", "ipfs://bid")
    assert "Bid of ME 4: Courtyard roastery (call 1, hash 0x" in said.out
    assert "22%, never outside 20% to 35%" in said.out
    assert "opened: 22% asked" in said.err
    twice = as_(ROASTER, "bid", "reveal", "1", fails=True)
    assert "ME 4 has no sealed bid in call 1: it is OPEN" in twice.err
    sealed = as_(LEADER, "call", "award", "1", "rival.yaml", "--me", "5", fails=True)
    assert "the bid of ME 5 is SEALED" in sealed.err
    desk.office.skip(2 * DAY)
    as_(LEADER, "call", "award", "1", "better.yaml", "--me", "4")
    late = emc("bid", "status", "1", "--account", RIVAL)
    assert "nothing: it was never opened" in late.out


def test_a_call_that_was_amended_just_before_the_first_bid_is_noticed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened()
    on_chain = contract(desk, "CallForBids").functions
    leader = {"from": desk.office.w3.eth.accounts[1]}
    send = bidding.send

    def overtaken(*args: Any, **options: Any) -> Any:
        found = list(on_chain.call_of(1).call())
        found[1] = "works for nothing"
        desk.office.w3.eth.wait_for_transaction_receipt(
            on_chain.amend(1, tuple(found), "").transact(leader)
        )
        return send(*args, **options)

    with monkeypatch.context() as patched:
        patched.setattr(bidding, "send", overtaken)
        said = as_(ROASTER, "bid", "place", "1", "bid.yaml", "--call", "call.yaml", fails=True)
    assert "call 1 was amended just before your bid, which counts" in said.err
    assert "`emc bid withdraw 1`" in said.err
    # it is the first bid only: from now on nothing changes
    as_(ROASTER, "bid", "place", "1", "better.yaml")
    as_(ROASTER, "bid", "withdraw", "1")
    assert [each["state"] for each in show(1)] == ["WITHDRAWN"]


def test_no_node_reads_a_sealed_bid_before_it_is_opened(
    desk: Desk, asked_of_nodes: list[str]
) -> None:
    opened("sealed.yaml")
    as_(ROASTER, "bid", "place", "1", "bid.yaml", "--call", "sealed.yaml")
    emc("bid", "status", "1", "--account", ROASTER)
    emc("call", "show", "1", "--me", "4")
    as_(ROASTER, "bid", "reveal", "1", fails=True)
    with sessions.opened(LOCAL[-1]) as session:
        posting = bidding.posting(session.system, 1)
        with pytest.raises(EMCError, match="the time to bid in call 1 is not over"):
            bidding.unseal(posting, 4, "", session.account(ROASTER))
    (kept,) = (desk.folder / "salts").rglob("*.json")
    secret = Secret.model_validate_json(kept.read_text())
    said = "".join(asked_of_nodes)
    assert secret.commitment[2:] in said
    share = f"{secret.number_of('share'):064x}"
    for hidden in (secret.salt[2:], secret.opens["document"][2:], share):
        assert hidden not in said
    desk.office.skip(14 * DAY + 60)
    as_(ROASTER, "bid", "reveal", "1")
    for shown in (secret.salt[2:], secret.opens["document"][2:], share):
        assert shown in "".join(asked_of_nodes)


def test_a_lost_salt_is_told_and_nothing_is_sent(desk: Desk) -> None:
    opened("sealed.yaml")
    as_(ROASTER, "bid", "place", "1", "bid.yaml")
    desk.office.skip(14 * DAY + 60)
    sent = desk.office.sent
    (kept,) = (desk.folder / "salts").rglob("*.json")
    kept.write_text(kept.read_text().replace('"share": 250000', '"share": 250001'))
    changed = as_(ROASTER, "bid", "reveal", "1", fails=True)
    assert "does not open its commitment: it was changed" in changed.err
    kept.unlink()
    said = as_(ROASTER, "bid", "reveal", "1", fails=True)
    assert "no salt for the commitment 0x" in said.err
    assert "without it nobody can reveal" in said.err
    assert "no salt" in emc("bid", "status", "1", "--account", ROASTER, fails=True).err
    assert desk.office.sent == sent


def test_where_no_salt_can_be_kept_nothing_is_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened("sealed.yaml")
    Path("taken").write_text("")
    monkeypatch.setenv("EMC_SALTS", "taken")
    sent = desk.office.sent
    assert "nothing was sent" in as_(ROASTER, "bid", "place", "1", "bid.yaml", fails=True).err
    assert desk.office.sent == sent


def test_the_bar_refuses_before_anything_is_sent_and_says_why(desk: Desk) -> None:
    token = desk.token("picnic").address
    wrong = as_(LEADER, "call", "open", "barred.yaml", fails=True)
    assert "bar.proceeds is counted with 2 decimals, native has 18" in wrong.err
    opened("barred.yaml", "--bar-currency", token)
    sent = desk.office.sent
    said = as_(ROASTER, "bid", "place", "1", "bid.yaml", fails=True)
    assert "the bar of call 1 refuses ME 4: unrated" in said.err
    assert "it asks for 3.50 stars and 1 EMC" in said.err
    assert desk.office.sent == sent
    shown = emc("call", "show", "1", "--me", "4")
    assert "ME 4: the bar refuses it: unrated" in shown.out
    assert "nobody has bid" in shown.out
    assert (
        emc("call", "show", "1", "--me", "4", "--json").json["asked"][0]["shortfall"] == "unrated"
    )
    # the leader may lower it as long as nobody has bid
    said = as_(LEADER, "call", "amend", "1", "call.yaml")
    assert "call 1 is replaced" in said.err
    as_(ROASTER, "bid", "place", "1", "bid.yaml")
    late = as_(LEADER, "call", "amend", "1", "call.yaml", fails=True)
    assert "calls: somebody has bid" in late.err


def test_a_registry_that_only_says_yes_or_no_is_asked_and_told_apart(desk: Desk) -> None:
    w3 = desk.office.w3
    sender = {"from": w3.eth.accounts[9]}
    made = w3.eth.send_transaction(
        {**sender, "data": deployer("mocks/StarTable.vy").compiler_data.bytecode}
    )
    table = w3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    Path("strict.yaml").write_text(OPEN_TO_ALL.replace("unrated: true", "unrated: false"))
    opened("strict.yaml", "--registry", table)
    shown = emc("call", "show", "1", "--me", "4")
    assert f"registry  {table}" in shown.out
    assert shown.err.count("warning: the bar asks a registry that the leader chose") == 1
    assert "ME 4: the bar refuses it: below the bar" in shown.out
    told = emc("call", "show", "1", "--me", "4", "--json").json
    assert (told["registry"], told["is_own_registry"]) == (table, False)
    refused = as_(ROASTER, "bid", "place", "1", "bid.yaml", fails=True)
    assert "the bar of call 1 refuses ME 4: below the bar" in refused.err
    data = keccak(text="set_stars(uint256,uint256)")[:4] + encode(["uint256"] * 2, [4, 400])
    w3.eth.wait_for_transaction_receipt(
        w3.eth.send_transaction({**sender, "to": table, "data": data})
    )
    said = as_(ROASTER, "bid", "place", "1", "bid.yaml", "--json")
    assert said.json["me"] == "4"
    assert "Call 1: roasting" in said.err
    assert "warning: the bar asks a registry" in said.err


def test_of_one_bid_nothing_else_is_read(asked_of_nodes: list[str]) -> None:
    opened()
    as_(ROASTER, "bid", "place", "1", "bid.yaml")
    as_(RIVAL, "bid", "place", "1", "rival.yaml")
    asked_of_nodes.clear()
    assert emc("bid", "status", "1", "--account", ROASTER, "--json").json["state"] == "OPEN"
    said = "".join(asked_of_nodes)
    assert f"{1:064x}{4:064x}" in said
    assert f"{1:064x}{5:064x}" not in said
    logs = [each for each in asked_of_nodes if "eth_getlogs" in each]
    assert all(f'"topics": [null, "0x{1:064x}"' in each for each in logs)
    assert any(f'"0x{4:064x}"]' in each for each in logs)
    none = emc("bid", "status", "1", "--account", LEADER, fails=True)
    assert "ME 1 has not bid in call 1" in none.err


def test_no_canvas_is_drafted_from_another_share_than_was_awarded(desk: Desk) -> None:
    opened()
    w3, board = desk.office.w3, contract(desk, "CallForBids").functions
    document = calls.load_bid(Path("bid.yaml")).hash()
    bid = board.bid(1, 240_000, document, "").transact({"from": w3.eth.accounts[5]})
    w3.eth.wait_for_transaction_receipt(bid)
    as_(LEADER, "call", "close", "1", "--bidding")
    asks = "ME 4 asks for 24% on chain and 25% in bid.yaml"
    assert asks in as_(LEADER, "call", "award", "1", "bid.yaml", "--me", "4", fails=True).err
    award = board.award(1, 4, bytes.fromhex(str(show(1)[0]["bid"])[2:]))
    w3.eth.wait_for_transaction_receipt(award.transact({"from": w3.eth.accounts[1]}))
    draft = ("call", "draft", "1", "--call", "call.yaml", "--own", "own.yaml", "--bid", "bid.yaml")
    assert asks in emc(*draft, "--out", "c.yaml", fails=True).err
    assert not Path("c.yaml").exists()


def test_a_bid_is_withdrawn_declined_or_left_over() -> None:
    number = str(opened())
    as_(ROASTER, "bid", "place", number, "bid.yaml")
    assert "withdrawn" in as_(ROASTER, "bid", "withdraw", number).err
    assert show(1)[0]["state"] == "WITHDRAWN"
    as_(RIVAL, "bid", "place", number, "rival.yaml")
    assert "declined" in as_(LEADER, "call", "decline", number, "--me", "5").err
    assert "calls: declined" in as_(RIVAL, "bid", "place", number, "rival.yaml", fails=True).err
    status = emc("bid", "status", number, "--account", RIVAL)
    assert "nothing: the leader said no" in status.out
    assert "call 1 is closed" in as_(LEADER, "call", "close", number).err
    assert emc("call", "show", number, "--json").json["phase"] == "CLOSED"


def test_a_leader_calls_for_somebody_to_join_its_running_emc(desk: Desk) -> None:
    late = ("call", "open", "call.yaml", "--emc", desk.file("picnic"))
    assert "conduct" not in as_(LEADER, *late).err
    told = emc("call", "show", "1", "--json").json
    assert told["emc"] == desk.read(desk.file("picnic"))["emc"]
    assert as_(ROASTER, *late, fails=True).err
    as_(ROASTER, "bid", "place", "1", "bid.yaml")
    as_(LEADER, "call", "close", "1", "--bidding")
    as_(LEADER, "call", "award", "1", "bid.yaml", "--me", "4")
    draft = ("call", "draft", "1", "--call", "call.yaml", "--own", "own.yaml", "--bid", "bid.yaml")
    refused = emc(*draft, "--out", "c.yaml", fails=True)
    assert "write the new row with `emc amend draft`" in refused.err
    assert not Path("c.yaml").exists()


def test_what_cannot_be_done_is_said_and_nothing_is_sent(desk: Desk) -> None:
    sent = desk.office.sent
    leader = ("--account", LEADER, "--yes")
    for words, says in (
        (("call", "show", "7"), "there is no call 7"),
        (("bid", "place", "7", "bid.yaml", "--account", ROASTER, "--yes"), "there is no call 7"),
        (("call", "open", "bid.yaml", *leader), "title: is missing"),
        (("call", "open", "gone.yaml", *leader), "No such file"),
        (
            ("call", "open", "call.yaml", "--account", "TEST::9", "--yes"),
            "is not the account of an ME",
        ),
        (("call", "open", "call.yaml", *leader, "--registry", "0x12"), "0x12 is not an address"),
        (("call", "open", "call.yaml", *leader, "--uri", "x" * 257), "--uri is too long"),
        (("call", "open", "call.yaml", "--account", LEADER), "there is no terminal to confirm at"),
    ):
        assert says in emc(*words, fails=True).err
    assert desk.office.sent == sent


def test_a_bid_outside_the_range_of_the_call_is_refused(desk: Desk) -> None:
    opened()
    Path("greedy.yaml").write_text(
        BID.replace("asked: 25, lower: 20, upper: 35", "asked: 45, lower: 20, upper: 60")
    )
    sent = desk.office.sent
    said = as_(ROASTER, "bid", "place", "1", "greedy.yaml", fails=True)
    assert "greedy.yaml: share.asked: 45% is not what call 1 takes" in said.err
    other = as_(ROASTER, "bid", "place", "1", "bid.yaml", "--call", "sealed.yaml", fails=True)
    assert "sealed.yaml is not call 1" in other.err
    assert desk.office.sent == sent


def test_the_hashes_are_those_of_the_contract(desk: Desk) -> None:
    opened()
    as_(ROASTER, "bid", "place", "1", "bid.yaml")
    bid = calls.load_bid(Path("bid.yaml"))
    board = contract(desk, "CallForBids")
    types = ("uint256", "address", "uint256", "uint256", "uint256", "bytes32")
    expected = keccak(encode(types, (31337, board.address, 1, 4, 250_000, bid.hash())))
    assert board.functions.bid_of(1, 4).call()[1] == expected
    assert show(1)[0]["bid"] == "0x" + expected.hex()


def test_a_place_that_was_there_before_its_award_was_not_won_by_bid(desk: Desk) -> None:
    opened()
    # the cook has been a node of the picnic all along
    as_("TEST::2", "bid", "place", "1", "bid.yaml")
    as_(LEADER, "call", "close", "1", "--bidding")
    as_(LEADER, "call", "award", "1", "bid.yaml", "--me", "2")
    card = emc("scorecard", desk.file("picnic"), "--json").json
    measures = {each["name"]: each["value"] for axis in card["axes"] for each in axis["measures"]}
    assert measures["places won by bid"] == "0 of 2"
