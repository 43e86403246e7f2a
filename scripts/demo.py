"""`ape run demo`: the life of the Smart Cooking EMC from the first call to the next, on the
embedded chain.
"""

import asyncio
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from emc.audit.prove import reconcile
from emc.audit.prove.case import Verdict
from emc.audit.read import store, sync
from emc.audit.tell import nested, report, subjects
from emc.chain.carrying import Embedded
from emc.chain.edge import connect, send
from emc.cli import call_show, in_words
from emc.cli import reputation as reputation_command
from emc.cli import scorecard as scorecard_command
from emc.cli import trust as trust_command
from emc.cli.audit import group as audit_command
from emc.cli.audit import nested as audit_nested
from emc.cli.audit.shared import Names
from emc.cli.shared import proposal_view, talk
from emc.cli.shared.postings import Candidate
from emc.cli.shared.proposal_view import Reader
from emc.client import (
    bidding,
    calling,
    drawing_up,
    observed,
    registry,
    reputation,
    reviews,
    standing,
    submission,
)
from emc.client.agreement import Agreement
from emc.client.bidding import Posting
from emc.client.consenting import Formation
from emc.client.proof import prove
from emc.client.standing import terms_by_epoch
from emc.client.system import System
from emc.core import orders, trust
from emc.core.orders import Order
from emc.core.ratings import NO_OPINION, Vector
from emc.core.scorecard import score
from emc.core.terms import Metric, Row
from emc.core.units import PPM, format_span
from emc.errors import EMCError
from emc.files import canvas as canvases
from emc.files import order_file, signature_files
from emc.files import whole as files
from emc.files.bundle import Bundle
from emc.files.calls import Bid
from emc.files.canvas import Canvas
from emc.files.proposal import Amendment, Renegotiation, Share, document_of
from emc.rpc.node import Node

ROOT = Path(__file__).parent.parent
sys.path.append(str(ROOT / "scripts"))

import embedded_node  # noqa: E402
import rehearsal  # noqa: E402
import story  # noqa: E402
import team  # noqa: E402

if TYPE_CHECKING:
    from ape.api import AccountAPI

BUILD = ROOT / "build" / "demo"
# one dollar of the real orders stands for so many yuan of the example
RATE = Decimal(50)
# one customer of them stands for so many users
USERS = 9
SALT = bytes(32)
PERCENT = PPM // 100
# test accounts: who sells, the leader, the maker of steaming ovens, and two who are in no canvas
SELLER, PLATFORM, MAKER, RIVAL, RECYCLER = 0, 1, 2, 60, 61
# and the people of the maker of ovens, whose row is this one
PEOPLE = slice(57, 60)
OVEN = 1
# how many test accounts play
CAST = 62
# stars of a node that delivered, and of one that did not
GOOD: tuple[Vector, ...] = ((5, 4, 5, 4), (4, 4, 5, 5), (5, 5, 4, 4))
POOR: tuple[Vector, ...] = ((2, 2, 1, 2), (1, 3, 2, 2))


@click.command()
@click.option("--limit", default=0, help="Sell only so many orders.")
@click.option("--desk", is_flag=True, help="Then show its EMC in the browser, until Ctrl-C.")
def cli(limit: int, desk: bool) -> None:
    """Call, bid, sign, sell the real orders, change, end, rate, and see who may bid next."""
    whole = canvases.load(ROOT / "canvases" / "smart-cooking.yaml")
    with connect() as chain, rehearsal.own_salts():
        seller = chain.account("TEST::0")
        system = System.deploy(chain, seller)
        find_maker(system, whole)
        with talk.steps("registering nodes and signing") as step:
            parties = drawing_up.local_cast(chain, system, whole, step)
            bundle = drawing_up.draw_up(chain, system, whole, parties)
            bundle = drawing_up.sign_by_test_accounts(chain, system, bundle, step)
        receipt = Formation(system, bundle).submit(seller)
        assert receipt is not None
        story.terms(bundle, receipt.gas_used)
        agreement = system.agreement(bundle.emc)
        names = {
            row.id: label.name for row, label in zip(bundle.terms.rows, bundle.labels, strict=True)
        }
        book = stock(agreement, bundle, limit)
        third = len(book) // 3
        sell(agreement, book[:third], "the first third of the orders")
        renegotiate(system, bundle, names)
        sell(agreement, book[third : 2 * third], "the second third")
        count_users(system, bundle.emc, book[: 2 * third])
        recycler = find_recycler(system, bundle.emc, whole)
        join(system, bundle.emc, recycler, names)
        cast = chain.test_accounts(CAST)
        people = team.form(system, bundle, cast[PEOPLE])
        team.redirect(system, bundle, OVEN, people, cast[MAKER], names[OVEN])
        sell(agreement, book[2 * third :], "the rest")
        rehearsal.end(system, bundle.emc, seller)
        proof = prove(agreement, terms_by_epoch(system, bundle.emc))
        story.runs(bundle, proof)
        story.nodes(bundle, proof, names)
        story.proof(bundle, proof)
        team.share_out(system, bundle, OVEN, people, names)
        rate(system, bundle.emc, recycler)
        call_again(system, whole, recycler)
        scorecard_command.show(score(observed.facts(system, bundle.emc)), "Scorecard")
        audit(system, bundle, people, names)
        show(system, bundle, desk)


def show(system: System, bundle: Bundle, desk: bool) -> None:
    """Its EMC in the desk: the chain lives only as long as this process."""
    signature_files.write(BUILD / "demo.agreement.json", bundle)
    if not desk:
        talk.facts("In the desk", {"open": ".venv/bin/ape run demo --desk"})
        return
    web3 = system.chain.provider.web3
    route = f"&/emc/{system.chain.id}/{bundle.emc}"

    def ready(address: str) -> None:
        talk.facts("In the desk", {"open": address + route})
        # whoever reads it through a pipe waits for it
        sys.stdout.flush()

    embedded_node.open_desk(web3, BUILD, ready)


def find_maker(system: System, whole: Canvas) -> None:
    """The platform calls for a maker of steaming ovens; two bid under seal, one is awarded."""
    accounts = system.chain.test_accounts(CAST)
    leader, maker, rival = (accounts[each] for each in (PLATFORM, MAKER, RIVAL))
    registry.found_or_registered(system, leader, "user")
    node = whole.nodes[1]
    bar = {"stars": 3, "admits_unrated": True}
    call = rehearsal.call_for(whole, node, sealed=True, bar=bar)
    posting = rehearsal.post(system, call, leader)
    talk.facts(
        f"Call {posting.number}: {posting.role}",
        {
            "bids": f"under seal for {call.deadline}, then {format_span(posting.reveal)} to open",
            "bar": "3 stars; who has no record yet is admitted",
        },
    )
    names = {}
    bids = []
    for account, name in ((maker, node.name), (rival, "Rival oven works")):
        me = registry.found_or_registered(system, account, "node")
        names[me] = name
        asked = node.share.base if account is maker else node.share.upper
        bids.append((account, me, rehearsal.bid_as(node, account.address, name, asked)))
    for account, me, bid in bids:
        bidding.place(posting, me, bid, "", account)
    tell_offers(posting, names)
    rehearsal.wait(system.chain, posting.closes_at - system.chain.now + 1)
    for account, me, _ in bids:
        bidding.unseal(posting, me, "", account)
    posting = rehearsal.award(posting, bids[0][1], leader)
    tell_offers(posting, names)


def find_recycler(system: System, emc: str, whole: Canvas) -> int:
    """A call to join the running EMC: a newcomer is refused by the bar until the leader lowers
    it; says which ME it is.
    """
    accounts = system.chain.test_accounts(CAST)
    leader, recycler = accounts[PLATFORM], accounts[RECYCLER]
    me = registry.found_or_registered(system, recycler, "external")
    node = whole.nodes[1].model_copy(
        update={"key": "recycling", "name": "Recycling partner", "role": "takes packaging back"}
    )
    bar = {"stars": 3, "admits_unrated": False}
    now = standing.read(system, emc)
    posting = rehearsal.post(system, rehearsal.call_for(whole, node, bar=bar), leader, now)
    bid = rehearsal.bid_as(node, recycler.address)
    talk.facts(
        f"Call {posting.number}: {posting.role}, to join the running EMC",
        {"bar": "3 stars; newcomers refused", f"ME {me} bids": refusal(posting, me, bid, recycler)},
    )
    easier = rehearsal.call_for(whole, node, bar={**bar, "admits_unrated": True})
    terms = calling.argument(system, easier, system.chain.now, emc)
    send("amending", system.calls.amend, posting.number, terms, "", sender=leader)
    posting = bidding.posting(system, posting.number)
    bidding.place(posting, me, bid, "", recycler)
    posting = rehearsal.award(posting, me, leader)
    tell_offers(posting, {me: node.name})
    return me


def refusal(posting: Posting, me: int, bid: Bid, account: "AccountAPI") -> str:
    """What the contract answers to a bid that it refuses, and why."""
    try:
        bidding.place(posting, me, bid, "", account)
    except EMCError as error:
        return f"{error} ({posting.shortfall(me)})"
    raise click.ClickException(f"the bar of call {posting.number} let ME {me} pass")


def renegotiate(system: System, bundle: Bundle, names: dict[int, str]) -> None:
    """The monthly look at shares: the steaming oven asks for one percent of the reserve's."""
    keys = {label.key: row.id for row, label in zip(bundle.terms.rows, bundle.labels, strict=True)}
    giver, taker = keys["reserve"], keys["steaming-oven"]
    rows = {row.id: row for row in bundle.terms.rows}
    change = Renegotiation(
        shares=tuple(
            Share(row=row, base=base + by, leading=leading + by, upside=upside + by)
            for row, by in ((giver, -PERCENT), (taker, PERCENT))
            for base, leading, upside in [rows[row].shares]
        )
    )
    decision = rehearsal.decide_on(system, bundle.emc, change)
    proposal_view.show(decision, Reader(names=names), only=(giver, taker))
    accounts = rehearsal.voters(decision, CAST)
    window = decision.standing.terms.renegotiation.window
    submission.open_(decision, accounts[taker], system.chain.now + 2 * window)
    rehearsal.wait(system.chain, window)
    # the quorum signs; a third is silent and blocks nobody
    with talk.bar("signing", decision.needed) as advance:
        quorum = list(accounts)[: decision.needed]
        decision = rehearsal.signed(decision, accounts, quorum, advance)
    receipt = submission.submit(decision, system.chain.account("TEST::0"))
    talk.facts(
        "Renegotiated",
        {
            "signed": f"{decision.needed} of {len(decision.voters)} nodes, relayed together, "
            f"after a window of {format_span(window)} in which nobody objected",
            "gas": f"{receipt.gas_used:,}",
        },
    )


def count_users(system: System, emc: str, book: list[Order]) -> None:
    """In the middle of the sales the platform says how many users there are; nobody objects."""
    users = USERS * len({order.customer for order in book})
    was = standing.read(system, emc)
    window = was.terms.assessment.window
    leader = system.chain.test_accounts(CAST)[PLATFORM]
    receipt = rehearsal.count(system, emc, Metric.USERS, users, leader)
    now = standing.read(system, emc)
    talk.facts(
        "Users counted",
        {
            "proceeds so far": was.currency.format(was.life.total),
            "gate before": "open" if was.life.is_open else "closed: users were not counted yet",
            "the platform says": f"{users:,} users; final after {format_span(window)} in which "
            "nobody objected",
            "gate after": "open" if now.life.is_open else "closed",
            "gas": f"{receipt.gas_used:,}",
        },
    )


def join(system: System, emc: str, me: int, names: dict[int, str]) -> None:
    """A late entry: who was awarded the place gets one percent of the reserve's shares."""
    chain = system.chain
    terms = standing.read(system, emc).terms
    row = Row(
        id=max(row.id for row in terms.rows) + 1,
        party=me,
        payee=chain.test_accounts(CAST)[RECYCLER].address,
        base=PERCENT,
        leading=PERCENT,
        upside=PERCENT,
        lower=PERCENT // 2,
        upper=3 * PERCENT,
    )
    names[row.id] = "Recycling partner"
    *others, reserve = terms.rows
    base, leading, upside = (share - PERCENT for share in reserve.shares)
    after = replace(
        terms,
        # its lower bound gives way, which only an amendment can do
        rows=(
            *others,
            row,
            replace(reserve, base=base, leading=leading, upside=upside, lower=0),
        ),
    )
    decision = rehearsal.decide_on(system, emc, Amendment(terms=document_of(after)))
    proposal_view.show(decision, Reader(names=names), only=(reserve.id, row.id))
    rows = [voice.row for voice in decision.voters]
    with talk.bar("signing", len(rows)) as advance:
        decision = rehearsal.signed(decision, rehearsal.voters(decision, CAST), rows, advance)
    receipt = submission.submit(decision, chain.account("TEST::0"))
    talk.facts(
        "Amended",
        {
            "signed": f"{len(decision.voters)} of {len(decision.voters)} nodes, old and new",
            "gas": f"{receipt.gas_used:,}",
        },
    )


def rate(system: System, emc: str, poor: int) -> None:
    """Every node rates those it worked with, blind; one did not deliver."""
    mes = [row.party for row in standing.read(system, emc).terms.nodes]
    place = {me: index for index, me in enumerate(mes)}
    count = len(mes)

    def opinion(me: int, other: int) -> Vector:
        if other == poor:
            return POOR[me % len(POOR)]
        # the platform, the maker of ovens, and the next two in the table
        near = (place[other] - place[me]) % count in (1, 2)
        if place[other] < 2 or near:
            return GOOD[(me + other) % len(GOOD)]
        return NO_OPINION

    with talk.bar("committing and revealing ratings", 2 * count) as advance:
        review = rehearsal.rate(system, emc, opinion, CAST, advance=advance)
    talk.facts(
        "Rated",
        {
            "committed, then revealed": f"{len(review.revealed)} of {len(review.members)} nodes",
            "counted": f"{len(review.finalised)} records",
        },
    )
    reputation_command.show(system, reputation.read(system, poor))
    seed = review.members[0].me
    found = trust.eigentrust(reviews.revealed(system), [seed])
    trust_command.show(replace(found, scores=(*found.scores[:4], found.scores[-1])))


def tell_offers(posting: Posting, names: dict[int, str]) -> None:
    """The bids of a call beside what is known of the bidders."""
    offers = posting.offers()
    records = {each.me: Candidate.read(posting, each.me) for each in offers}
    call_show.show_offers(offers, names, records)


def call_again(system: System, whole: Canvas, poor: int) -> None:
    """The next call has a bar of three stars: who delivered is admitted, who did not is not."""
    accounts = system.chain.test_accounts(CAST)
    node = whole.nodes[1]
    bar = {"stars": 3, "emcs": 1, "admits_unrated": False}
    call = rehearsal.call_for(whole, node, bar=bar)
    posting = rehearsal.post(system, call, accounts[PLATFORM])
    maker = int(system.registry.me_of(accounts[MAKER].address))
    bid = rehearsal.bid_as(node, accounts[MAKER].address)
    bidding.place(posting, maker, bid, "", accounts[MAKER])
    talk.facts(
        f"Call {posting.number}: {posting.role}, the next one",
        {
            "bar": "3 stars, 1 EMC, newcomers refused",
            f"ME {maker} bids": f"taken, with {Candidate.read(posting, maker).rating} stars",
            f"ME {poor} bids": refusal(posting, poor, bid, accounts[RECYCLER])
            + f", with {Candidate.read(posting, poor).rating}",
        },
    )


def stock(agreement: Agreement, bundle: Bundle, limit: int) -> list[Order]:
    """The real orders, and the money to pay them with."""
    book, skipped = order_file.read(ROOT / "data" / "cdnow_orders.csv", bundle.currency, SALT, RATE)
    book = book[: limit or None]
    seller = agreement.chain.account("TEST::0")
    amount = sum(order.amount for order in book)
    token = agreement.token
    assert token is not None
    send("minting the test token", token.mint, seller.address, amount, sender=seller)
    agreement.prepare(seller, amount)
    customers = len({order.customer for order in book})
    talk.facts(
        "Sales",
        {
            "orders": f"{len(book):,} of {customers:,} customers, at {RATE} yuan to the dollar",
            "skipped": f"{len(skipped)} lines ("
            + "; ".join(sorted({s.reason for s in skipped}))
            + ")",
        },
    )
    return book


def sell(agreement: Agreement, book: list[Order], which: str) -> None:
    seller = agreement.chain.account("TEST::0")
    with talk.bar(f"selling {which}", len(book)) as advance:
        agreement.sell(seller, orders.batches(book), lambda batch, _: advance(len(batch.orders)))


def audit(system: System, bundle: Bundle, people: Bundle, names: dict[int, str]) -> None:
    """The auditor's turn: everything again from the chain alone, by code of its own."""
    BUILD.mkdir(parents=True, exist_ok=True)
    path = BUILD / "audit.duckdb"
    path.unlink(missing_ok=True)
    emc = bundle.emc
    with store.open_store(path, writes=True) as db:

        async def check(each: Bundle) -> Verdict:
            node = Node(Embedded(system.chain.provider.web3, system.chain.log_cache))
            await sync.sync(db, node, each.emc)
            return await reconcile.run(db, node, each.emc, canvas=each.canvas.hash())

        with talk.steps("auditing from the chain alone"):
            of_people = asyncio.run(check(people))
            verdict = asyncio.run(check(bundle))
        subject = subjects.one(db, emc)
        audit_command.show(verdict, subjects.currencies(db)[emc])
        rows = {(emc, row): name for row, name in names.items()}
        rows |= {(people.emc, label.row): label.name for label in people.labels}
        titles = {emc: bundle.canvas.title, people.emc: people.canvas.title}
        audit_nested.show(nested.flows(db), subjects.currencies(db), Names(titles, rows))
        page = report.page(db, subject, bundle.canvas.title, rows)
    files.replace_file(BUILD / "EVIDENCE.json", reconcile.dumps(verdict.evidence))
    files.replace_file(BUILD / "report.html", page)
    talk.facts(
        "For the auditor",
        {
            "report": str((BUILD / "report.html").relative_to(ROOT)),
            "evidence": str((BUILD / "EVIDENCE.json").relative_to(ROOT)),
            "store": str(path.relative_to(ROOT)),
        },
    )
    for each in (of_people, verdict):
        if each.exit_code:
            raise click.ClickException(f"the audit says {each.word}")


cli = in_words(cli)

if __name__ == "__main__":
    cli()
