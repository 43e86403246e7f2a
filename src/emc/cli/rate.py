"""emc rate: the nodes of an ended EMC rate each other, blind."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from emc.cli.shared import dates, options, output, postings, senders, sessions, talk
from emc.cli.shared.groups import Group
from emc.cli.shared.members import Names, asked, show
from emc.cli.shared.senders import Sender
from emc.core import ratings
from emc.core.ratings import Member
from emc.core.text import counted
from emc.errors import EMCError
from emc.files import digests, rating_file

if TYPE_CHECKING:
    from emc.client.reviews import Review

LOST = (
    "Only a hash goes to the chain now. To reveal, the salt behind it is needed, which is kept in "
    "a file on this machine. If that file is lost, nobody can reveal for you: your ratings then "
    "count for nothing, and your record says that you withheld them."
)


@click.group(cls=Group)
def rate() -> None:
    """Rate the other nodes once an EMC has ended: commit first, reveal later.

    \b
    A review from start to end:
      emc rate open my.agreement.json --account anybody
      emc rate commit my.agreement.json ratings.yaml --account baker
      emc rate reveal my.agreement.json --account baker      (when all have committed, or later)
      emc rate finalise my.agreement.json --account anybody
    """


@rate.command("open")
@click.argument("target")
@senders.plain
def open_(target: str, by: Sender) -> None:
    """Open the review of the EMC at TARGET, an address or an agreement file; anyone may.

    \b
    Example:
      emc rate open my.agreement.json --account anybody
    """
    from emc.client import reviews

    with by.session(target) as (session, signer):
        emc = session.target(target).emc
        reviews.open_review(session.system, emc, signer)
        review = reviews.review(session.system, emc)
        talk.note(
            f"open: {len(review.members)} nodes commit until "
            f"{dates.moment(review.opened.commit_until)} and reveal until "
            f"{dates.moment(review.opened.reveal_until)}"
        )


@rate.command()
@click.argument("target")
@click.argument("file", type=options.FILE, required=False)
@options.agreement
@senders.asked
def commit(target: str, file: Path | None, agreement: Path | None, by: Sender) -> None:
    """Commit to your ratings of the other nodes of the EMC at TARGET.

    FILE holds `ratings:` with stars by ME id, or by key of the canvas if --agreement names the
    agreement file; without FILE the command asks. Stars are 1 to 5 for delivery, quality,
    collaboration and user_value; 0 is no opinion. Committing again replaces the earlier commitment
    until the time to commit is over.

    \b
    Example:
      emc rate commit my.agreement.json ratings.yaml --account baker
    """
    from emc.client import reviews

    with by.session(target, file, agreement) as (session, signer):
        emc = session.target(target).emc
        review = reviews.review(session.system, emc)
        place = review.place_of_account(signer.address)
        names = Names(session.system, review, target, agreement)
        rater = review.members[place].me
        if review.phase != "COMMIT":
            raise EMCError(
                f"the time to commit is over since {dates.moment(review.opened.commit_until)}",
                "reveal what you committed to: `emc rate reveal`",
            )
        if file is not None:
            said = rating_file.load(file, rater, review.members, names.keys)
        else:
            said = ratings.pack(review.members, asked(rater, review.members, names))
        show(rater, review.members, said, names)
        talk.note(LOST)
        by.confirm(f"Commit to this as {names.called(rater)}?")
        secret = reviews.commit(review, place, said, signer)
        talk.note(f"committed; the salt is in {secret.path}: keep a copy elsewhere")
        after = reviews.review(session.system, emc)
        what, then = next_step(after, place, is_kept=True)
        talk.note(what)
        output.command(options.pasted(then, target))


@rate.command()
@click.argument("target")
@options.agreement
@senders.asked
@click.option("--now", is_flag=True, help="Do not wait until the last commitment is final.")
def reveal(target: str, agreement: Path | None, by: Sender, now: bool) -> None:
    """Reveal the ratings that you committed to about the EMC at TARGET.

    \b
    Example:
      emc rate reveal my.agreement.json --account baker
    """
    from emc.client import reviews

    with by.session(target, agreement) as (session, signer):
        review = reviews.review(session.system, session.target(target).emc)
        place = review.place_of_account(signer.address)
        names = Names(session.system, review, target, agreement)
        me = review.members[place].me
        if place in review.revealed:
            raise EMCError(f"{names.called(me)} has revealed already", "see `emc rate status`")
        if review.phase == "COMMIT":
            missing = len(review.members) - len(review.committed)
            raise EMCError(
                f"{missing} of {len(review.members)} have not committed yet, and could retaliate",
                f"reveal {dates.left(review.opened.commit_until + 1, session.now)}, or once all "
                "have committed",
            )
        if not now and reviews.is_last_commitment_young(review):
            raise EMCError(
                "the last commitment is younger than three minutes: the chain may still replace "
                "its block, and a node that commits again could have read your ratings",
                "wait until its block is final, or add --now",
            )
        secret = reviews.kept(review, place)
        if secret is None:
            raise EMCError(
                f"{names.called(me)} has not committed", "only committed ratings can be revealed"
            )
        said = secret.bytes_of("ratings")
        show(me, review.members, said, names)
        by.confirm("Reveal this to everybody, for good?")
        reviews.reveal(review, place, secret, signer)
        talk.note("revealed")


@rate.command()
@click.argument("target")
@options.local_network
@options.agreement
@click.option("--account", help="Also show what this account has to do next.")
@output.json_option
def status(
    target: str, network: str, agreement: Path | None, account: str | None, as_json: bool
) -> None:
    """Show how far the review of the EMC at TARGET is, how long is left, and what to do next.

    \b
    Example:
      emc rate status my.agreement.json --account baker
    """
    from emc.client import reviews

    with sessions.opened(network, target, agreement) as session:
        review = reviews.review(session.system, session.target(target).emc)
        names = Names(session.system, review, target, agreement)
        what, then = None, ""
        if account:
            place = review.place_of_account(session.account(account).address)
            is_kept = place in review.committed and reviews.kept(review, place) is not None
            what, then = next_step(review, place, is_kept)
        if as_json:
            # wherever it is run, the address is there
            command = options.pasted(then, review.emc)
            output.print_json({**machine(review), "next": what, "command": command})
            return
        talk.facts(f"Review of {review.emc}", _facts(review))
        rows = [
            [str(each.me), names.name(each.me), _time(each), _state(review, place)]
            for place, each in enumerate(review.members)
        ]
        output.line()
        output.table(output.columns(">ME", "node", "there", "state"), rows)
        if what:
            output.line()
            output.line(f"next: {what}")
        if then:
            output.command(options.pasted(then, target))


@rate.command()
@click.argument("target")
@senders.plain
@output.json_option
def finalise(target: str, by: Sender, as_json: bool) -> None:
    """Count the revealed ratings of the EMC at TARGET into the records; anyone may.

    \b
    Example:
      emc rate finalise my.agreement.json --account anybody
    """
    from emc.client import reviews

    with by.session(target) as (session, signer):
        review = reviews.review(session.system, session.target(target).emc)
        if review.phase != "CLOSED":
            raise EMCError(
                f"the review is in phase {review.phase}",
                f"count {dates.left(review.opened.reveal_until + 1, session.now)}, or once all who "
                "committed have revealed",
            )
        left = [p for p in range(len(review.members)) if p not in review.finalised]
        if not left:
            raise EMCError("everybody has already been counted", "see `emc reputation ME`")
        gas = reviews.finalise(review, left, signer)
        if as_json:
            output.print_json(
                {"counted": [str(review.members[place].me) for place in left], "gas": gas}
            )
            return
        talk.note(f"counted {counted(len(left), 'node')}; see `emc reputation ME`")


@rate.command()
@click.argument("target")
@click.argument("file", type=options.FILE)
@postings.uri_option
@senders.asked
def reply(target: str, file: Path, uri: str, by: Sender) -> None:
    """Reply in public to your ratings: the hash of FILE is recorded beside them.

    \b
    Example:
      emc rate reply my.agreement.json answer.md --account baker --uri ipfs://...
    """
    from emc.client import reviews

    options.check_uri(uri)
    with by.session(target, file) as (session, signer):
        review = reviews.review(session.system, session.target(target).emc)
        place = review.place_of_account(signer.address)
        digest = digests.digest(file)
        by.confirm(f"Answer with {file}, hash 0x{digest.hex()}?")
        reviews.reply(review, place, digest, uri, signer)
        talk.note("answered")


def next_step(review: "Review", place: int, is_kept: bool) -> tuple[str, str]:
    """What a member has to do, how long it has, and the command for it, with TARGET for the EMC."""
    opened = review.opened
    if review.phase == "COMMIT":
        left = _left(opened.commit_until, review.now)
        if place not in review.committed:
            return f"commit to your ratings; {left}", "emc rate commit TARGET"
        return (
            f"wait: for the others to commit, {left}; then reveal until "
            f"{dates.moment(opened.reveal_until)}, or you count as withholding",
            "emc rate reveal TARGET",
        )
    if review.phase == "CLOSED" and place not in review.finalised:
        revealed = "you have revealed" if place in review.revealed else "you revealed nothing"
        return f"the review is closed, and {revealed}: count it", "emc rate finalise TARGET"
    if place in review.revealed:
        return "nothing: you have revealed", ""
    if review.phase == "CLOSED" or place not in review.committed:
        return "nothing: the time for your ratings is over", ""
    left = _left(opened.reveal_until, review.now)
    if not is_kept:
        return f"bring the salt file of your ratings, which is not here, and reveal; {left}", ""
    return f"reveal your ratings now; {left}", "emc rate reveal TARGET"


def machine(review: "Review") -> dict[str, Any]:
    """A review for a program."""
    return {
        "emc": review.emc,
        "phase": review.phase,
        "commit_until": review.opened.commit_until,
        "reveal_until": review.opened.reveal_until,
        "now": review.now,
        "members": [
            {"me": str(each.me), "row": each.row, "state": _state(review, place)}
            for place, each in enumerate(review.members)
        ],
    }


def _facts(review: "Review") -> dict[str, str]:
    opened, count = review.opened, len(review.members)
    facts = {
        "phase": review.phase,
        "committed": f"{len(review.committed)} of {count}",
        "revealed": f"{len(review.revealed)} of {count}",
        "counted": f"{len(review.finalised)} of {count}",
    }
    if review.phase == "COMMIT":
        facts["commit"] = f"until {dates.moment(opened.commit_until)}, " + _left(
            opened.commit_until, review.now
        )
    if review.phase in ("COMMIT", "REVEAL"):
        facts["reveal"] = f"until {dates.moment(opened.reveal_until)}, " + _left(
            opened.reveal_until, review.now
        )
    return facts


def _left(until: int, now: int) -> str:
    """How long is left."""
    return dates.left(until, now).partition(" (")[0].removeprefix("in ") + " left"


def _state(review: "Review", place: int) -> str:
    if place in review.revealed:
        return "revealed"
    if place in review.committed:
        return "withheld" if review.phase == "CLOSED" else "committed"
    return "withheld" if review.phase == "CLOSED" else "silent"


def _time(member: Member) -> str:
    if member.is_expelled:
        return "expelled"
    if member.left_at:
        return f"left {dates.moment(member.left_at)}"
    return f"from {dates.moment(member.joined_at)}" if member.joined_at else "all the time"
