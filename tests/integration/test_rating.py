"""Ratings, reputation, trust and the scorecard by commands, on a local node."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from emc.cli import emc as command
from emc.cli.shared import sessions
from emc.client import reviews
from emc.errors import EMCError
from emc.files.salts import Secret
from tests.core.test_calls import BID, CALL
from tests.integration.commands import LOCAL, Desk, Said, emc
from tests.integration.test_bidding import register

pytestmark = pytest.mark.anvil
DAY = 86_400
TARGET = Desk.file("picnic")
GOOD = "ratings:\n  cook: {delivery: 5, quality: 4, collaboration: 5, user_value: 4}\n"
ANYBODY = ("--account", "TEST::9")


@pytest.fixture(autouse=True)
def _salts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMC_SALTS", str(desk.folder / "salts"))


def as_(account: int, *words: str, fails: bool = False) -> Said:
    """A test account acts, and is not asked."""
    return emc(*words, "--account", f"TEST::{account}", "--yes", fails=fails)


def end(desk: Desk) -> None:
    """The picnic sells something, and ends."""
    desk.sell("picnic", 150_000)
    desk.office.skip(91 * DAY)
    call = desk.emc("picnic").functions.end()
    desk.office.w3.eth.wait_for_transaction_receipt(
        call.transact({"from": desk.office.w3.eth.accounts[9]})
    )


def rate(account: int, text: str) -> Said:
    Path(f"{account}.yaml").write_text(text)
    return as_(account, "rate", "commit", TARGET, f"{account}.yaml")


def offered(said: Said, act: str, account: int) -> None:
    """The command that comes next is printed as it can be run."""
    line = f"  emc rate {act} {TARGET} --account TEST::{account} --network {LOCAL[1]}"
    assert line in said.out.splitlines()


def salts(desk: Desk) -> list[Path]:
    return sorted((desk.folder / "salts").rglob("*.json"))


def test_ratings_become_a_record_and_decide_about_the_next_call(desk: Desk) -> None:
    closed = emc("rate", "open", TARGET, *ANYBODY, fails=True)
    assert "reviews: not ended" in closed.err
    assert "the review of 0x" in emc("rate", "status", TARGET, fails=True).err
    end(desk)
    assert "open: 3 nodes commit until " in emc("rate", "open", TARGET, *ANYBODY).err
    # what is left is told in whole days
    desk.office.skip(60)

    said = rate(1, GOOD + "  rider: 2\n")
    assert "If that file is lost, nobody can reveal for you" in said.err
    assert "wait: for the others to commit, 6d left" in said.err
    offered(said, "reveal", 1)
    assert " 3  Rider         2        2              2           2" in said.out
    # committing again makes a salt of its own, and leaves the first alone
    rate(1, GOOD + "  rider: 1\n")
    assert len(salts(desk)) == 2
    early = as_(1, "rate", "reveal", TARGET, fails=True)
    assert "2 of 3 have not committed yet, and could retaliate" in early.err
    by_id = "ratings: {1: {delivery: 5, quality: 5}, 3: {delivery: 2, quality: 1, user_value: 1}}"
    rate(2, by_id)
    status = emc("rate", "status", TARGET, "--account", "TEST::3")
    assert "commit to your ratings; 6d left" in status.out
    offered(status, "commit", 3)
    assert "2  Cook   all the time  committed" in status.out
    rate(3, "ratings: {1: 4, 2: 5}")
    status = emc("rate", "status", TARGET, "--account", "TEST::2")
    assert "reveal your ratings now; 13d left" in status.out
    offered(status, "reveal", 2)
    for account in (1, 2, 3):
        assert "revealed" in as_(account, "rate", "reveal", TARGET).err
    assert "has revealed already" in as_(1, "rate", "reveal", TARGET, fails=True).err
    assert (
        "the time to commit is over" in as_(1, "rate", "commit", TARGET, "1.yaml", fails=True).err
    )
    assert emc("rate", "finalise", TARGET, *ANYBODY, "--json").json["counted"] == ["1", "2", "3"]
    mine = emc("rate", "status", TARGET, "--account", "TEST::1", "--json").json
    assert (mine["next"], mine["command"]) == ("nothing: you have revealed", "")
    twice = emc("rate", "finalise", TARGET, *ANYBODY, fails=True)
    assert "everybody has already been counted" in twice.err
    told = emc("rate", "status", TARGET, "--json").json
    assert {each["state"] for each in told["members"]} == {"revealed"}

    record = emc("reputation", "3", "--json").json
    # by the baker 1, by the cook 2, 1, nothing, 1
    assert record["criteria"] == {
        "delivery": "1.50",
        "quality": "1.00",
        "collaboration": "unrated",
        "user_value": "1.00",
    }
    assert record["stars"] == "1.16"
    assert record["facts"] == {
        "completed": 1,
        "goals_met": 0,
        "disbanded": 0,
        "expelled": 0,
        "withheld": 0,
    }
    assert record["emcs"][0]["total"] == "150000"
    shown = emc("reputation", "3").out
    assert "insufficient" in shown
    assert "1,500.00 EUR" in shown
    assert "recomputed from events: the registry says the same" in shown
    Path("answer.md").write_text("The lake was frozen.")
    as_(3, "rate", "reply", TARGET, "answer.md", "--uri", "ipfs://answer")
    assert "ipfs://answer" in emc("reputation", "3").out

    found = emc("trust", "--seed", "1", "--json").json
    trusted = {each["me"]: float(each["trust"]) for each in found["trust"]}
    assert trusted["2"] > 0
    assert trusted["3"] == 0
    assert emc("trust", "--seed", "1", "--json").json["inputs"] == found["inputs"]
    assert found["inputs"] in emc("trust", "--seed", "1").out

    Path("call.yaml").write_text(
        CALL.replace("stars: 3.5, emcs: 1, proceeds: 1000", "stars: 3.5, emcs: 1")
    )
    Path("bid.yaml").write_text(BID)
    as_(1, "call", "open", "call.yaml")
    sent = desk.office.sent
    refused = as_(3, "bid", "place", "1", "bid.yaml", fails=True)
    assert "the bar of call 1 refuses ME 3: too few stars" in refused.err
    assert desk.office.sent == sent
    as_(2, "bid", "place", "1", "bid.yaml")
    assert "2        OPEN     25%   4.75     1         0  ok" in emc("call", "show", "1").out

    card = emc("scorecard", TARGET, "--svg", "card.svg", "--json").json
    assert (card["orders"], card["buyers"], card["repeat_buyers"]) == (1, 1, 0)
    ElementTree.parse("card.svg")
    assert (
        "card.svg is there already" in emc("scorecard", TARGET, "--svg", "card.svg", fails=True).err
    )


@pytest.mark.deep
def test_no_node_reads_ratings_before_they_are_revealed(
    desk: Desk, asked_of_nodes: list[str]
) -> None:
    end(desk)
    emc("rate", "open", TARGET, *ANYBODY)
    rate(1, GOOD + "  rider: 2\n")
    emc("rate", "status", TARGET, "--account", "TEST::1")
    as_(1, "rate", "reveal", TARGET, fails=True)
    (kept,) = salts(desk)
    secret = Secret.model_validate_json(kept.read_text())
    with sessions.opened(LOCAL[-1]) as session:
        review = reviews.review(session.system, desk.bundle("picnic").emc)
        with pytest.raises(EMCError, match="not all have committed"):
            reviews.reveal(review, 0, secret, session.account("TEST::1"))
    said = "".join(asked_of_nodes)
    assert secret.commitment[2:] in said
    # as an argument stands on the wire: its length, then its bytes
    stars = f"{6:064x}" + secret.opens["ratings"][2:]
    assert secret.salt[2:] not in said
    assert stars not in said
    desk.office.skip(7 * DAY + 60)
    as_(1, "rate", "reveal", TARGET)
    assert secret.salt[2:] in "".join(asked_of_nodes)
    assert stars in "".join(asked_of_nodes)


@pytest.mark.deep
def test_on_a_public_chain_ratings_wait_for_the_block_of_the_last_commitment(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    end(desk)
    emc("rate", "open", TARGET, *ANYBODY)
    for account, text in ((1, GOOD), (2, "ratings: {1: 5}"), (3, "ratings: {1: 4}")):
        rate(account, text)
    young = reviews.is_last_commitment_young

    def public(review: reviews.Review) -> bool:
        review.system.chain.is_local = False
        return young(review)

    monkeypatch.setattr(reviews, "is_last_commitment_young", public)
    sent = desk.office.sent
    early = as_(1, "rate", "reveal", TARGET, fails=True)
    assert "the last commitment is younger than three minutes" in early.err
    assert desk.office.sent == sent
    assert "revealed" in as_(1, "rate", "reveal", TARGET, "--now").err
    desk.office.skip(181)
    assert "revealed" in as_(2, "rate", "reveal", TARGET).err


def test_what_is_withheld_is_said_and_a_lost_salt_too(desk: Desk) -> None:
    end(desk)
    emc("rate", "open", TARGET, *ANYBODY)
    # nobody at a terminal: answers come one by one, a wrong one is asked for again
    asked = CliRunner(mix_stderr=False).invoke(
        command,
        ["rate", "commit", TARGET, "--account", "TEST::1", "--yes", *LOCAL],
        input="55\n5454\n\n",
    )
    assert asked.exit_code == 0, asked.stderr
    assert "Cook (ME 2)" in asked.stderr
    assert "enter four digits from 0 to 5" in asked.stderr
    assert " 2  Cook          5        4              5           4" in asked.stdout
    assert " 3  Rider         -        -              -           -" in asked.stdout
    rate(2, "ratings: {1: 5}")
    (_, second) = sorted(salts(desk), key=lambda path: path.parent.name)
    kept = second.read_text()
    sent = desk.office.sent
    for file, says in (
        ("gone.yaml", "No such file"),
        ("bad.yaml", "ratings.2: is yourself"),
    ):
        Path("bad.yaml").write_text("ratings: {2: 5}")
        assert says in as_(2, "rate", "commit", TARGET, file, fails=True).err
    assert "was not a node of this EMC" in register_and_rate(desk)
    second.unlink()
    desk.office.skip(7 * DAY + 60)
    lost = as_(2, "rate", "reveal", TARGET, fails=True)
    assert "no salt for the commitment 0x" in lost.err
    assert "look where you committed" in lost.err
    none = as_(3, "rate", "reveal", TARGET, fails=True)
    assert "has not committed" in none.err
    assert (
        "the review is in phase REVEAL" in emc("rate", "finalise", TARGET, *ANYBODY, fails=True).err
    )
    second.write_text(kept.replace("0x5555", "0x4555"))
    assert "does not open its commitment" in as_(2, "rate", "reveal", TARGET, fails=True).err
    # one has registered, nothing else was sent
    assert desk.office.sent == sent + 1
    second.write_text(kept)
    as_(1, "rate", "reveal", TARGET)
    desk.office.skip(7 * DAY)
    closed = emc("rate", "status", TARGET, "--account", "TEST::2").out
    assert "the review is closed, and you revealed nothing" in closed
    emc("rate", "finalise", TARGET, *ANYBODY)
    assert emc("reputation", "2", "--json").json["facts"]["withheld"] == 1
    assert emc("reputation", "1", "--json").json["facts"]["withheld"] == 0
    # one rater says nothing
    assert emc("reputation", "2", "--json").json["stars"] == "unrated"
    for words, says in (
        (("reputation", "9"), "there is no ME 9"),
        (("trust", "--seed", "9"), "there is no ME 9"),
        (("trust", "--seed", "1", "--damping", "x"), "--damping 'x' is not a number"),
        (("trust", "--seed", "1", "--damping", "1"), "is not between 0 and 1"),
        (("scorecard", "0x12"), "0x12 is not an address"),
        (("scorecard", "gone.json"), "gone.json: No such file"),
    ):
        assert says in emc(*words, fails=True).err


def register_and_rate(desk: Desk) -> str:
    """What a stranger is told."""
    register(desk, 5)
    return as_(5, "rate", "commit", TARGET, "bad.yaml", fails=True).err
