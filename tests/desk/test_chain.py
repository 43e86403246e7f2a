"""The desk on a real node: what it reads is what is there, and what it prepares is done.

Every message is compared with the contract's own digest, every transaction is sent.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils.crypto import keccak

from emc.core.terms import Metric
from emc.files import bundle, proposal, signature_files
from emc.files.bundle import Signature
from emc.files.systems import ours
from tests import anvil, tables
from tests.canvas import kit
from tests.desk.browser import DAY, Town
from tests.desk.core import Core, Refused, running
from tests.desk.wallet import local_account
from tests.integration.commands import emc as run
from tests.integration.commands import enter

pytestmark = pytest.mark.anvil
FAR = 2**40
CLAUSE = "delivers by the tenth"
NOTHING = "0x" + "00" * 32


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Core]:
    """What the desk says."""
    with running(tmp_path_factory.mktemp("desk")) as found:
        yield found


@pytest.fixture(scope="module")
def _town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    try:
        with anvil.running() as url:
            yield Town(url, tmp_path_factory.mktemp("town"))
    except anvil.NoAnvilError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def town(_town: Town) -> Town:
    """A chain with an agreement that nobody has signed."""
    _town.put_back()
    return _town


def send(town: Town, call: dict[str, Any], number: int = 9, *, fails: bool = False) -> None:
    """What a wallet does with a transaction of the desk."""
    asked = {
        "from": local_account(number).address,
        "to": call["to"],
        "data": call["data"],
        "value": hex(int(call["value"])),
        "gas": hex(16_000_000),
    }
    receipt = town.w3.eth.wait_for_transaction_receipt(town.ask("eth_sendTransaction", asked))
    assert receipt["status"] == (0 if fails else 1), call["act"]


class Deciding:
    """A paper on its way, by the desk alone; keys sign what a wallet is asked with."""

    def __init__(self, core: Core, town: Town, path: Path) -> None:
        self.core, self.town, self.path = core, town, path

    def look(self) -> dict[str, Any]:
        found: dict[str, Any] = self.core(
            "decide",
            url=self.town.url,
            emc=self.town.emc,
            text=self.path.read_text(),
            deadline=FAR,
            until=FAR,
        )
        return found

    def sign(self, *rows: int) -> dict[str, Any]:
        """The nodes of these rows sign; how it stands then."""
        found = self.look()
        paper = signature_files.read(self.path)
        for asked in found["asked"]:
            if asked["row"] not in rows:
                continue
            key = local_account(asked["row"] + 1)
            assert key.address == asked["account"]
            message = json.loads(asked["wallet"])
            signed = Account.sign_message(encode_typed_data(full_message=message), key.key)
            assert "0x" + signed.message_hash.hex() == asked["hashes"]["digest"]
            word = Signature(
                index=asked["row"],
                signer=key.address,
                nonce=int(message["message"]["nonce"]),
                deadline=FAR,
                data="0x" + signed.signature.hex(),
            )
            paper = paper.signed(word)
        signature_files.write(self.path, paper)
        return self.look()

    def submit(self) -> None:
        """Whoever has enough signatures sends them."""
        found = self.look()
        assert found["can"] == {"yes": True}
        send(self.town, found["send"])


def formed(core: Core, town: Town, tmp_path: Path) -> Deciding:
    """The picnic, made by the desk."""
    path = tmp_path / "picnic.json"
    path.write_text(town.paper.read_text())
    deciding = Deciding(core, town, path)
    deciding.sign(0, 1, 2)
    deciding.submit()
    return deciding


def change(town: Town, path: Path, body: proposal.Body, terms: Any, epoch: int = 1) -> Path:
    """A file about a change."""
    after = proposal.applied(body, terms)
    signature_files.write(path, proposal.Proposal(31337, town.emc, epoch, after.hash(), body))
    return path


def sell(town: Town, *amounts: int) -> None:
    """A buyer pays orders, cents."""
    buyer = local_account(8).address
    currency = json.loads(town.paper.read_text())["parties"]["currency"]
    town.mint(buyer, sum(amounts))
    token = town.contract("Token", currency)
    token.functions.approve(town.emc, 2**256 - 1).transact({"from": buyer})
    first = town.agreement.functions.total().call() + 1
    for place, amount in enumerate(amounts):
        sold = town.agreement.functions.sale(first + place, amount, b"\0" * 32)
        town.w3.eth.wait_for_transaction_receipt(sold.transact({"from": buyer}))


def standing(core: Core, town: Town, amount: int = 0) -> dict[str, Any]:
    """How the desk sees the EMC, the money beside what the contract says."""
    found: dict[str, Any] = core("standing", url=town.url, emc=town.emc, amount=amount)
    contract = town.agreement.functions
    assert int(found["total"]) == contract.total().call() == int(found["total_by_life"])
    books = dict(zip(found["accounts"], contract.accounts().call(), strict=True))
    assert {name: int(each) for name, each in found["accounts"].items()} == books
    assert found["is_gate_open"] == contract.is_gate_open().call()
    behind = dict(found["behind"])
    for each in found["rows"]:
        row = each["row"]["id"]
        earned, held = contract.earned(row).call()
        assert (int(each["earned"]), int(each["held"])) == (earned, held)
        if found["stage"] == "ACTIVE":
            assert int(behind[row]) == held
        assert int(each["credit"]) == contract.credits(row).call()
        assert each["payee"] == contract.payee_of(row).call()
    return found


def test_an_agreement_is_formed_by_the_desk(core: Core, town: Town, tmp_path: Path) -> None:
    path = tmp_path / "picnic.json"
    path.write_text(town.paper.read_text())
    deciding = Deciding(core, town, path)
    found = deciding.sign(0, 2)
    assert found["words"] == [[0, "signed", None], [1, "missing", None], [2, "signed", None]]
    assert (found["needed"], found["can"]) == (3, {"yes": False, "why": "missing"})
    with pytest.raises(Refused, match="refused") as refused:
        core("simulated", url=town.url, call=found["send"], **{"from": ours()["EMC"]})
    assert refused.value.details == {"reason": "consent: signature missing"}
    # the last one approves on chain, as a contract wallet does; another revokes, and signs again
    send(town, found["approve"], 2)
    send(town, found["revoke"], 3)
    assert deciding.look()["words"] == [
        [0, "signed", None],
        [1, "approved", None],
        [2, "missing", "revoked"],
    ]
    deciding.sign(2)
    deciding.submit()
    said = standing(core, town)
    assert (said["stage"], said["epoch"]) == ("ACTIVE", 1)
    assert said["terms"] == stringed(json.loads(path.read_text())["terms"])
    with pytest.raises(Refused, match="made-already"):
        deciding.look()


def stringed(value: Any) -> Any:
    """Numbers as the desk's answers have them."""
    if isinstance(value, dict):
        return {name: stringed(each) for name, each in value.items()}
    if isinstance(value, list):
        return [stringed(each) for each in value]
    return str(value) if type(value) is int else value


def test_a_life_is_read_as_it_was_lived(core: Core, town: Town, tmp_path: Path) -> None:
    """Sales behind the gate, a change with its window, an expulsion, an amendment that asks the
    one that left, sales that open the gate, another payee, and the end by all.
    """
    formed(core, town, tmp_path)
    terms = bundle.read(town.paper).terms
    sell(town, 33_333, 10_001)
    before = standing(core, town, 7_777)
    assert before["accounts"]["held"] != "0"
    expected = {
        row["row"]: (int(row["paid"]), int(row["held"])) for row in before["simulated"]["rows"]
    }
    sell(town, 7_777)
    after = standing(core, town)
    assert expected == {
        new["row"]["id"]: (
            int(new["earned"]) - int(old["earned"]),
            int(new["held"]) - int(old["held"]),
        )
        for old, new in zip(before["rows"], after["rows"], strict=True)
    }
    # other shares, with the window of the terms
    shares = (
        proposal.Share(row=0, base=480_000, leading=450_000, upside=400_000),
        proposal.Share(row=2, base=170_000, leading=200_000, upside=250_000),
    )
    path = change(town, tmp_path / "shares.json", proposal.Renegotiation(shares=shares), terms)
    deciding = Deciding(core, town, path)
    asked = {"url": town.url, "emc": town.emc}
    found = deciding.sign(0)
    assert found["can"]["why"] == "missing"
    found = deciding.sign(0, 1)
    assert found["can"]["why"] == "window"
    text = path.read_text()
    send(town, core("openWindow", **asked, row=2, text=text, until=FAR), 3)
    (opened,) = standing(core, town)["proposals"]
    found = deciding.look()
    assert [each[1] for each in found["words"]] == ["signed", "signed", "approved"]
    assert found["can"]["why"] == "early"
    object_ = core("call", **asked, name="object", args=[town.emc, opened["matter"], True])
    send(town, object_, 2)
    assert deciding.look()["window"]["objectors"] == [1]
    assert deciding.look()["can"]["why"] == "objections"
    object_ = core("call", **asked, name="object", args=[town.emc, opened["matter"], False])
    send(town, object_, 2)
    town.skip(3 * DAY)
    deciding.submit()
    terms = terms.with_shares({each.row: (each.base, each.leading, each.upside) for each in shares})
    assert standing(core, town)["terms_hash"] == "0x" + terms.hash().hex()
    # an expulsion
    expulsion = proposal.Expulsion(accused=1, clause=CLAUSE)
    deciding = Deciding(core, town, change(town, tmp_path / "out.json", expulsion, terms, 2))
    with pytest.raises(Refused, match="no-charge"):
        deciding.look()
    args = ["standing", {"row": 0}, {"row": 1}, CLAUSE, NOTHING]
    send(town, core("call", **asked, name="charge", args=args), 1)
    (charge,) = standing(core, town)["charges"]
    assert (charge["row"], charge["clause"], charge["accusers"]) == (1, CLAUSE, [0])
    assert deciding.sign(0, 2)["can"]["why"] == "early"
    town.skip(3 * DAY)
    deciding.submit()
    terms = terms.without(1)
    said = standing(core, town)
    assert (said["epoch"], said["expelled"]) == (3, [1])
    (former,) = said["formers"]
    assert (former["row"], former["account"]) == (1, local_account(2).address)
    assert int(former["held"]) > 0
    # an amendment that touches what is held for it
    document = proposal.document_of(terms)
    document["goal"]["deadline"] += DAY
    body = proposal.Amendment(terms=document)
    deciding = Deciding(core, town, change(town, tmp_path / "later.json", body, terms, 3))
    found = deciding.sign(0, 2)
    assert [each[0] for each in found["words"]] == [0, 2, 1]
    assert found["can"]["why"] == "missing"
    deciding.sign(1)
    deciding.submit()
    terms = proposal.terms_of(document)
    assert standing(core, town)["terms_hash"] == "0x" + terms.hash().hex()
    # the gate opens, and a payee changes
    simulated = standing(core, town, 100_000)["simulated"]
    assert simulated["opens_gate"]
    before = standing(core, town)
    sell(town, 100_000)
    after = standing(core, town)
    assert after["is_gate_open"]
    assert {row["row"]: int(row["paid"]) for row in simulated["rows"]} == {
        new["row"]["id"]: int(new["earned"]) - int(old["earned"])
        for old, new in zip(before["rows"], after["rows"], strict=True)
    }
    elsewhere = local_account(7).address
    send(
        town, core("call", **asked, name="changePayee", args=["standing", {"row": 2}, elsewhere]), 3
    )
    assert standing(core, town)["rows"][1]["payee"] == elsewhere
    # who left can withdraw
    (former,) = standing(core, town)["formers"]
    assert int(former["credit"]) > 0
    send(town, core("call", **asked, name="withdraw", args=[town.emc, {"row": 1}]))
    assert standing(core, town)["formers"] == []
    # the end, by all
    path = change(town, tmp_path / "end.json", proposal.Disbanding(), terms, 4)
    deciding = Deciding(core, town, path)
    assert deciding.sign(0)["can"]["why"] == "missing"
    deciding.sign(2)
    deciding.submit()
    said = standing(core, town)
    assert said["stage"] in ("ENDED", "CLOSED")
    paid = [each for each in said["payouts"] if each["orders"]]
    assert [int(each["gross"]) for each in paid] == [33_333, 10_001, 7_777, 100_000]
    assert [row["row"] for row in paid[-1]["payments"]] == [0, 2, 3]
    rated(core, town)


def test_what_contracts_would_refuse_is_refused_before_anybody_signs(
    core: Core, town: Town, tmp_path: Path
) -> None:
    formed(core, town, tmp_path)
    terms = bundle.read(town.paper).terms
    first, second, *rest = terms.rows
    swapped = (replace(first, party=second.party), replace(second, party=first.party), *rest)
    checkout = town.rooms["checkout"]
    greedy = proposal.Share(row=0, base=1, leading=1, upside=1)
    cases: list[tuple[proposal.Body, str]] = [
        (proposal.Renegotiation(shares=(greedy,)), "changes: share outside bounds"),
        *(
            (proposal.Amendment(terms=proposal.document_of(after)), reason)
            for after, reason in (
                (replace(terms, currency=checkout), "changes: currency is for life"),
                (replace(terms, rows=swapped), "changes: row of another party"),
                (replace(terms, backstop=checkout), "members: payee cannot be paid"),
                (terms.with_row(0, base=1), "terms: share outside bounds"),
            )
        ),
    ]
    for body, reason in cases:
        path = change(town, tmp_path / "mailed.json", body, terms)
        with pytest.raises(Refused, match="refused") as refused:
            Deciding(core, town, path).look()
        assert refused.value.details == {"reason": reason}


def rated(core: Core, town: Town) -> None:
    """The nodes rate each other at the desk."""
    asked = {"url": town.url, "emc": town.emc}
    send(town, core("openReview", **asked))
    prepared = []
    for number in (1, 2, 3):
        me = int(core("scan", url=town.url, account=local_account(number).address)["me"])
        stars = {str(other): [number, 4, 0, 5] for other in (1, 2, 3) if other != me}
        found = core("review", **asked, me=me, stars=stars)
        assert (found["phase"], found["members"], found["same"]) == ("COMMIT", 3, True)
        send(town, found["commit"], number)
        prepared.append(found)
    for number, found in enumerate(prepared, 1):
        send(town, found["reveal"], number)
    town.skip(15 * DAY)
    send(town, prepared[0]["finalise"])
    assert core("record", url=town.url, me=1)["stars"] == ["250", "400", "0", "500"]


def test_a_charge_that_is_no_text_is_seen(core: Core, town: Town, tmp_path: Path) -> None:
    formed(core, town, tmp_path)
    asked: dict[str, Any] = {"url": town.url, "emc": town.emc}
    args = ["standing", {"row": 0}, {"row": 1}, CLAUSE, NOTHING]
    call = core("call", **asked, name="charge", args=args)
    cited = b"\xff" + CLAUSE[1:].encode()
    call["data"] = call["data"].replace(CLAUSE.encode().hex(), cited.hex())
    send(town, call, 1)
    (charge,) = standing(core, town)["charges"]
    assert (charge["row"], charge["clause"]) == (1, "\ufffd" + CLAUSE[1:])
    assert (charge["is_text"], charge["accusers"]) == (False, [0])


def test_a_value_is_final_at_once_if_all_sign_it(
    core: Core, town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enter(monkeypatch, town.url, town.folder, town.folder)
    (town.folder / "visits.yaml").write_text(
        kit.with_(
            ("title: Picnic", "title: Visits"),
            ("  unit: EUR of baskets", "  metric: users\n  unit: visitors"),
        )
    )
    run("deploy", "visits.yaml", "--out", "visits.json")
    paper = bundle.read(town.folder / "visits.json")
    asked = {"url": town.url, "emc": paper.emc}
    users = "0x" + Metric.USERS.hex()
    args = ["standing", {"row": 1}, users, 2_000, paper.made_at, "0x" + "ab" * 32]
    send(town, core("call", **asked, name="assess", args=args), 2)
    monkeypatch.setattr(town, "emc", paper.emc)
    said = standing(core, town)
    (value,) = said["values"]
    assert (value["submitter"], value["amount"], value["metric"]) == (1, "2000", users)
    assert {each["what"] for each in said["tasks"]} >= {"object_value", "finalise", "end"}
    body = proposal.Assessment(
        metric="users",
        submitter=1,
        amount=2_000,
        measured_at=paper.made_at,
        evidence="0x" + "ab" * 32,
    )
    path = change(town, tmp_path / "value.json", body, paper.terms)
    deciding = Deciding(core, town, path)
    assert deciding.sign(0)["can"]["why"] == "missing"
    deciding.sign(2)
    deciding.submit()
    said = standing(core, town)
    assert (said["measured"], said["is_gate_open"]) == ([[users, "2000"]], True)
    assert said["values"] == []


def test_emcs_of_an_account_are_found(core: Core, town: Town, tmp_path: Path) -> None:
    formed(core, town, tmp_path)
    found = core("scan", url=town.url, account=local_account(2).address)
    assert found["found"][0] == town.emc
    stranger = core("scan", url=town.url, account=local_account(1).address)
    assert town.emc in stranger["found"]


class Liar(BaseHTTPRequestHandler):
    """A node that tells the truth but for some answers."""

    behind: str
    lie: Callable[[str, list[Any], Any], Any]

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        request = Request(
            self.behind, json.dumps(asked).encode(), {"Content-Type": "application/json"}
        )
        with urlopen(request) as answer:
            said = json.loads(answer.read())
        pairs = zip(asked, said, strict=True) if isinstance(asked, list) else [(asked, said)]
        for question, each in pairs:
            if "result" in each:
                lie = type(self).lie
                each["result"] = lie(question["method"], question["params"], each["result"])
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def lying(url: str, lie: Callable[[str, list[Any], Any], Any]) -> Iterator[str]:
    """A node before another that lies; gives its address."""
    handler = type("OneLiar", (Liar,), {"behind": url, "lie": staticmethod(lie)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def selector(text: str) -> str:
    return "0x" + keccak(text=text)[:4].hex()


def other_terms(method: str, params: list[Any], said: Any) -> Any:
    """Consent has another hash."""
    is_asked = method == "eth_call" and params[0]["data"].startswith(selector("terms_of(address)"))
    return "0x" + "11" * 32 if is_asked else said


def other_payee(method: str, _: list[Any], said: Any) -> Any:
    """The table that was logged pays somebody else."""
    if method != "eth_getLogs":
        return said
    paid = bundle.read(Path(PICNIC[0])).terms.rows[1].payee[2:].lower()
    return json.loads(json.dumps(said).replace(paid, "11" * 20))


def leaves_out(method: str, _: list[Any], said: Any) -> Any:
    """A change was never made."""
    return [] if method == "eth_getLogs" else said


def another_block(method: str, params: list[Any], said: Any) -> Any:
    """What was read was of a block that is not the chain's any more."""
    if method == "eth_getBlockByNumber" and params[0] != "latest":
        return {**said, "hash": "0x" + "11" * 32}
    return said


def foreign_logs(method: str, _: list[Any], said: Any) -> Any:
    """Logs of a contract that nobody asked for."""
    if method == "eth_getLogs":
        return [{**each, "address": "0x" + "11" * 20} for each in said]
    return said


def garbage(method: str, _: list[Any], said: Any) -> Any:
    """What is no answer."""
    return {"a": ["<script>"]} if method == "eth_call" else said


PICNIC: list[str] = []


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (other_terms, "terms-unproven"),
        (other_payee, "terms-unproven"),
        (leaves_out, "terms-unproven"),
        (another_block, "rpc-differs"),
        (foreign_logs, "rpc-answer"),
        (garbage, "rpc-answer"),
    ],
)
def test_a_node_that_lies_is_found_out(
    core: Core, town: Town, tmp_path: Path, lie: Any, code: str
) -> None:
    formed(core, town, tmp_path)
    PICNIC[:] = [str(town.paper)]
    with lying(town.url, lie) as url, pytest.raises(Refused) as refused:
        core("standing", url=url, emc=town.emc, amount=0)
    assert refused.value.code == code


def test_nothing_is_signed_that_the_contract_hashes_otherwise(core: Core, town: Town) -> None:
    types = f"address,{tables.TERMS_TYPE},{tables.ROW_TYPE}[],uint256,address,uint256,uint256"
    views = selector(f"formation_digest({types})")

    def another_digest(method: str, params: list[Any], said: Any) -> Any:
        is_asked = method == "eth_call" and params[0]["data"].startswith(views)
        return "0x" + "11" * 32 if is_asked else said

    asked = {"emc": town.emc, "text": town.paper.read_text(), "deadline": FAR}
    with lying(town.url, another_digest) as url, pytest.raises(Refused, match="digest-differs"):
        core("decide", url=url, **asked)
    with lying(town.url, lambda *said: said[-1]) as url:
        assert core("decide", url=url, **asked)["needed"] == 3


def test_what_consent_did_not_make_is_no_emc(core: Core, town: Town) -> None:
    with pytest.raises(Refused, match="no-emc"):
        core("standing", url=town.url, emc=ours()["Pages"], amount=0)
    with pytest.raises(Refused, match="rpc-unreachable"):
        core("standing", url="http://127.0.0.1:1", emc=town.emc, amount=0)
    # what Consent would say is asked together with its code
    town.ask("anvil_setCode", ours()["Consent"], "0x")
    with pytest.raises(Refused, match="no-system"):
        core("standing", url=town.url, emc=town.emc, amount=0)
