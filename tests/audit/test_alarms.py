"""Who watches is told once of what begins, changes and ends, by whatever Apprise knows."""

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from ape import networks
from click.testing import CliRunner

from emc.audit.alarms import Alarms
from emc.audit.prove.case import Verdict
from emc.audit.prove.faults import Fault
from emc.audit.watch import News, Watcher
from emc.cli import emc
from emc.cli.shared import extras
from emc.errors import EMCError
from emc.rpc.node import Pinned

EMC = "0x5FbDB2315678afecb367f032d93F642f64180aa3"


@dataclass
class Webhook:
    """A server that is told, and answers with a status."""

    url: str = ""
    status: int = 200
    said: list[dict[str, Any]] = field(default_factory=list)

    @property
    def titles(self) -> list[str]:
        return [each["title"] for each in self.said]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    hook = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if hook.status == 200:
                hook.said.append(told)
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    hook.url = f"json://127.0.0.1:{server.server_port}/alarm"
    yield hook
    server.shutdown()
    server.server_close()


def news(*lines: str, unproven: str = "", trouble: str = "") -> News:
    """A look at one EMC; a trouble is of the watch itself."""
    if trouble:
        return News(-1, [], trouble)
    verdict = Verdict(EMC, "ACTIVE", Pinned(12, "0x", 1))
    verdict.faults = [Fault(12, 0, "", "Payout", each, 1, 2) for each in lines]
    verdict.unproven = [(unproven, True)] if unproven else []
    return News(12, [verdict])


def test_it_is_told_when_it_begins_changes_and_ends_and_not_in_between(webhook: Webhook) -> None:
    alarms = Alarms([webhook.url])
    looks = [
        news(),
        news("payment"),
        news("payment"),
        news("payment", "held"),
        news(unproven="old state is gone"),
        news(unproven="old state is gone"),
        news(),
        news(),
    ]
    for look in looks:
        assert asyncio.run(alarms.tell(look))
    assert webhook.titles == [
        f"EMC {EMC}: NOT RECONCILED",
        f"EMC {EMC}: NOT RECONCILED",
        f"EMC {EMC}: NOT CHECKED",
        f"EMC {EMC}: RECONCILED again",
    ]
    assert "payment is 1, should be 2" in webhook.said[0]["message"]
    assert "old state is gone" in webhook.said[2]["message"]


def test_a_node_that_cannot_be_asked_is_told_once(webhook: Webhook) -> None:
    alarms = Alarms([webhook.url])
    for look in (news(trouble="no node answers"), news(trouble="no node answers"), news()):
        asyncio.run(alarms.tell(look))
    assert webhook.titles == ["The audit: could not check", "The audit: checks again"]
    assert webhook.said[0]["message"] == "no node answers"


def test_who_could_not_be_told_is_told_next_time(webhook: Webhook) -> None:
    alarms = Alarms([webhook.url])
    webhook.status = 500
    assert not asyncio.run(alarms.tell(news("payment")))
    webhook.status = 200
    assert asyncio.run(alarms.tell(news("payment")))
    assert webhook.titles == [f"EMC {EMC}: NOT RECONCILED"]


def test_a_thousand_lines_are_one_short_message(webhook: Webhook) -> None:
    asyncio.run(Alarms([webhook.url]).tell(news(*(f"line {i}" for i in range(1_000)))))
    assert webhook.said[0]["message"].endswith("and 990 lines more")


def test_what_is_no_url_is_refused_and_its_secret_is_not_repeated() -> None:
    for url, what in (
        (
            "nobody://user:secret@example.com",
            "an alarm cannot be sent to a URL that begins with nobody://",
        ),
        ("user:secret@example.com", "an alarm cannot be sent to what has no :// in it"),
    ):
        with pytest.raises(EMCError) as refused:
            Alarms(["json://127.0.0.1", url])
        assert str(refused.value) == what
        assert "secret" not in str(refused.value) + (refused.value.hint or "")


def test_the_watch_tells(webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def look(_: Watcher) -> News:
        return news("payment")

    monkeypatch.setattr(Watcher, "look", look)
    monkeypatch.setenv("EMC_AUDIT_TELL", webhook.url)
    command = ["audit", "watch", EMC, "--rpc", "http://127.0.0.1:1", "--once"]
    answer = CliRunner().invoke(emc, [*command, "--store", str(tmp_path / "audit.duckdb")])
    assert answer.exit_code == 1, answer.output
    assert webhook.titles == [f"EMC {EMC}: NOT RECONCILED"]


def test_the_bot_tells(webhook: Webhook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([news("payment"), news("payment"), news()])

    async def look(_: Watcher) -> News:
        return next(looks)

    monkeypatch.setattr(Watcher, "look", look)
    monkeypatch.setenv("EMC_AUDIT_TELL", webhook.url)
    monkeypatch.setenv("EMC_AUDIT_STORE", str(tmp_path / "audit.duckdb"))
    monkeypatch.setenv("EMC_AUDIT_RPC", "http://127.0.0.1:1")
    with networks.parse_network_choice("ethereum:local:test"):
        from emc.audit import bot
    # without what Silverback keeps of its own progress
    check = bot.check.original_func.__wrapped__
    for _ in range(2):
        with pytest.raises(bot.NotReconciledError, match="payment is 1, should be 2"):
            asyncio.run(check(None))
    assert asyncio.run(check(None)) == {"block": 12, "checked": 1, "watched": 0}
    assert webhook.titles == [f"EMC {EMC}: NOT RECONCILED", f"EMC {EMC}: RECONCILED again"]


def test_a_missing_extra_is_named_before_anything_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str) -> Any:
        raise ModuleNotFoundError(name=name)

    monkeypatch.setattr(extras, "import_module", missing)
    command = ["audit", "watch", EMC, "--rpc", "http://127.0.0.1:1", "--tell", "json://localhost"]
    answer = CliRunner().invoke(emc, [*command, "--store", str(tmp_path / "audit.duckdb")])
    assert answer.exit_code == 2
    assert "pip install 'emc-agreements[alarms]'" in answer.output
    assert not (tmp_path / "audit.duckdb").exists()
