"""`emc desk` serves the browser of this machine, and nobody else."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from emc import desk
from emc.cli import emc
from emc.desk import server
from emc.desk.server import MAX_QUESTION, TOKEN, Desk, serve
from emc.errors import EMCError
from emc.files import bundle, json_file, signature_files
from tests.desk.papers import agreement

ASKED = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
WRITTEN = {"Content-Type": "application/json"}


class Node(BaseHTTPRequestHandler):
    """A node that says what it was asked."""

    heard: list[Any]
    answer = b'{"jsonrpc":"2.0","id":1,"result":"0x7a69"}'

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).heard.append((dict(self.headers), json.loads(body)))
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Served:
    """A server that runs, and a browser that is as honest as its headers."""

    port: int
    token: str
    folder: Path
    node: type[Node]

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        token: str | None = None,
        host: str | None = None,
        **headers: str,
    ) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": f"127.0.0.1:{self.port}" if host is None else host,
            TOKEN: self.token if token is None else token,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        if body is not None:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            if value:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        found = answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def rpc(self, question: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
        body = json.dumps(question).encode()
        return self.ask("POST", "/api/rpc", body, **{"Content_Type": "application/json", **headers})

    def put(self, name: str, body: bytes) -> int:
        return self.ask("PUT", f"/api/files/{name}", body, Content_Type="application/json")[0]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """The server before a node, with a folder."""
    node = type("OneNode", (Node,), {"heard": []})
    behind = HTTPServer(("127.0.0.1", 0), node)
    threading.Thread(target=behind.serve_forever, args=(0.01,), daemon=True).start()
    folder = tmp_path / "papers"
    folder.mkdir()
    made = Desk(f"http://127.0.0.1:{behind.server_port}", "local", 31337, folder)
    addresses: list[str] = []
    is_ready = threading.Event()
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    def ready(address: str) -> None:
        addresses.append(address)
        is_ready.set()

    runs = threading.Thread(target=lambda: loop.run_until_complete(serve(made, 0, ready, stop)))
    runs.start()
    assert is_ready.wait(10)
    port = int(addresses[0].split(":")[2].split("/")[0])
    assert addresses == [f"http://127.0.0.1:{port}/#token={made.token}"]
    yield Served(port, made.token, folder, node)
    loop.call_soon_threadsafe(stop.set)
    runs.join(10)
    loop.close()
    behind.shutdown()
    behind.server_close()


def test_the_page_is_the_one_that_the_package_ships(served: Served) -> None:
    status, headers, body = served.ask("GET", "/", token="")
    assert (status, body) == (200, desk.page())
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert "access-control-allow-origin" not in headers


def test_its_policy_lets_the_page_ask_nobody_else(served: Served) -> None:
    _, headers, body = served.ask("GET", "/", token="")
    rules = headers["content-security-policy"].split("; ")
    policy = dict(rule.split(" ", 1) for rule in rules)
    assert policy["default-src"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    for name in ("script-src", "style-src"):
        assert policy[name].startswith("'sha256-")
        assert policy[name] in body.decode()
        assert "unsafe" not in policy[name]


def test_it_listens_on_this_machine_alone(served: Served) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)} - {"127.0.0.1"}
    for other in [*others, "127.0.0.2"]:
        with socket.socket(socket.AF_INET6 if ":" in str(other) else socket.AF_INET) as probe:
            probe.settimeout(1)
            assert probe.connect_ex((str(other), served.port)) != 0


@pytest.mark.parametrize("path", ["/", "/api/about", "/api/files", "/api/rpc"])
@pytest.mark.parametrize(
    "host",
    ["", "evil.example", "evil.example:{port}", "localhost:{port}", "127.0.0.1", "127.0.0.1:1",
     "127.0.0.1:{port}.evil.example", "[::1]:{port}", "0.0.0.0:{port}", "2130706433:{port}"],
)  # fmt: skip
def test_a_name_that_was_made_to_point_here_is_refused(
    served: Served, host: str, path: str
) -> None:
    """DNS rebinding: the browser takes it for the attacker's own site."""
    method = "POST" if path == "/api/rpc" else "GET"
    status, _, body = served.ask(method, path, host=host.format(port=served.port))
    # without any Host the server cannot even be asked
    assert status == (400 if host == "" and status == 400 else 403)
    assert desk.page() != body


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1",
     "https://127.0.0.1:{port}", "http://localhost:{port}", "http://127.0.0.1:{port}.evil.example"],
)  # fmt: skip
def test_another_site_is_refused_even_with_the_token(served: Served, origin: str) -> None:
    own = origin.format(port=served.port)
    assert served.rpc(ASKED, Origin=own)[0] == 403
    assert served.ask("GET", "/api/files", Origin=own)[0] == 403
    assert served.node.heard == []
    assert served.rpc(ASKED, Origin=f"http://127.0.0.1:{served.port}")[0] == 200


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_site_that_hides_its_origin_is_refused(served: Served, site: str) -> None:
    assert served.ask("GET", "/api/about", Sec_Fetch_Site=site)[0] == 403
    assert served.ask("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors")[0] == 403
    # a link may lead here, as any link may
    assert served.ask("GET", "/", Sec_Fetch_Site=site, Sec_Fetch_Mode="navigate")[0] == 200


def test_no_other_site_is_told_that_it_may_ask(served: Served) -> None:
    status, headers, _ = served.ask(
        "OPTIONS",
        "/api/rpc",
        Origin="https://evil.example",
        Access_Control_Request_Method="POST",
        Access_Control_Request_Headers=TOKEN,
        Access_Control_Request_Private_Network="true",
    )
    assert status == 403
    assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("token", ["", "0" * 64, "é", "{token}0", "{short}"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/about"), ("GET", "/api/files"), ("GET", "/api/files/a.json"),
     ("PUT", "/api/files/a.json"), ("POST", "/api/rpc")],
)  # fmt: skip
def test_without_the_token_nothing_is_answered(
    served: Served, method: str, path: str, token: str
) -> None:
    given = token.format(token=served.token, short=served.token[:-1])
    assert served.ask(method, path, b"{}", token=given.encode().decode("latin-1"))[0] == 401
    assert served.ask(method, f"{path}?token={served.token}", b"{}", token="")[0] == 401
    assert served.node.heard == []


def test_two_runs_have_two_tokens(tmp_path: Path) -> None:
    one, other = (Desk("", "local", 1, tmp_path).token for _ in range(2))
    assert one != other
    assert len(one) == 64


# the pipe


def test_questions_go_to_the_node_and_answers_come_back(served: Served) -> None:
    status, headers, body = served.rpc(ASKED)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert body == Node.answer
    ((told, asked),) = served.node.heard
    assert asked == ASKED
    # what is between browser and server stays there
    assert not {name for name in told if name.lower() in (TOKEN.lower(), "origin", "cookie")}
    assert served.rpc([ASKED, {**ASKED, "method": "eth_call"}])[0] == 200


@pytest.mark.parametrize(
    "question",
    [
        {**ASKED, "method": "anvil_setBalance"},
        {**ASKED, "method": "eth_sendTransaction"},
        {**ASKED, "method": "eth_accounts"},
        {**ASKED, "method": "evm_increaseTime"},
        {**ASKED, "method": ["eth_call"]},
        [ASKED, {**ASKED, "method": "personal_sign"}],
        [],
        [[ASKED]],
        "eth_chainId",
        None,
    ],
)
def test_what_the_desk_does_not_ask_does_not_reach_the_node(served: Served, question: Any) -> None:
    assert served.rpc(question)[0] == 403
    assert served.node.heard == []


def test_a_form_of_another_site_cannot_ask(served: Served) -> None:
    """A form sends no JSON type, and needs no leave to be sent."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert served.rpc(ASKED, Content_Type=kind)[0] == 415
    assert served.node.heard == []


def test_a_question_that_is_too_large_is_refused(served: Served) -> None:
    large = {**ASKED, "params": ["0" * MAX_QUESTION]}
    assert served.rpc(large)[0] == 413
    assert served.node.heard == []
    deep = b"[" * 100_000 + b"]" * 100_000
    assert served.ask("POST", "/api/rpc", deep, Content_Type="application/json")[0] == 403


def test_an_answer_that_is_too_large_is_refused(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_ANSWER", len(Node.answer) - 1)
    assert served.rpc(ASKED)[0] == 502
    monkeypatch.setattr(server, "MAX_ANSWER", len(Node.answer))
    assert served.rpc(ASKED)[0] == 200


def test_a_node_that_is_gone_is_said(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: Node) -> None:
        self.connection.close()

    monkeypatch.setattr(served.node, "do_POST", gone)
    status, _, body = served.rpc(ASKED)
    assert status == 502
    assert b"does not answer" in body


# the folder


def paper(folder: Path, name: str = "breakfast.json") -> Path:
    """An agreement in a folder."""
    path = folder / name
    signature_files.write(path, agreement())
    return path


def test_papers_are_listed_and_read(served: Served) -> None:
    path = paper(served.folder)
    (served.folder / "key.json").write_text('{"crypto": {"cipher": "aes"}}')
    (served.folder / "broken.json").write_text('{"format": "emc-agreement/2"')
    (served.folder / "notes.txt").write_text("emc-")
    (served.folder / "deep.json").write_text("[" * 100_000)
    status, _, body = served.ask("GET", "/api/files")
    assert status == 200
    assert json.loads(body) == [{"name": "breakfast.json", "size": path.stat().st_size}]
    assert served.ask("GET", "/api/files/breakfast.json")[2] == path.read_bytes()
    for other in ("key.json", "broken.json", "notes.txt", "absent.json"):
        assert served.ask("GET", f"/api/files/{other}")[0] == 404


@pytest.mark.parametrize(
    "name",
    ["../secret.json", "..%2fsecret.json", "%2e%2e%2fsecret.json", "..%5csecret.json",
     "%2fetc%2fpasswd", ".hidden.json", "sub%2fsecret.json", "sub/secret.json", "secret.json%00",
     "link.json", "folder.json", "a%0ab.json"],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read_or_written(served: Served, name: str) -> None:
    outside = paper(served.folder.parent, "secret.json")
    paper(served.folder, ".hidden.json")
    (served.folder / "sub").mkdir()
    paper(served.folder / "sub", "secret.json")
    (served.folder / "link.json").symlink_to(outside)
    (served.folder / "folder.json").mkdir()
    before = contents(served.folder.parent)
    assert served.ask("GET", f"/api/files/{name}")[0] in (403, 404)
    assert served.put(name, outside.read_bytes()) in (403, 404, 405, 409)
    assert contents(served.folder.parent) == before
    listed = [each["name"] for each in json.loads(served.ask("GET", "/api/files")[2])]
    assert listed == []


def test_a_paper_is_kept_and_nothing_is_lost(served: Served) -> None:
    first = agreement()
    signed = first.signed(signature(0)).signed(signature(1))
    text = text_of(served, signed)
    assert served.put("new.json", text) == 204
    assert (served.folder / "new.json").read_bytes() == text
    # with a signature less, or another paper: what is there stays
    assert served.put("new.json", text_of(served, first.signed(signature(1)))) == 409
    other = json_file.sealed({**json.loads(text), "nonce": 9}).encode()
    assert served.put("new.json", other) == 409
    assert (served.folder / "new.json").read_bytes() == text
    more = text_of(served, signed.signed(signature(2)))
    assert served.put("new.json", more) == 204
    assert len(signature_files.read(served.folder / "new.json").signatures) == 3


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"no JSON", b'{"format": "emc-agreement/2"}', b"[" * 100_000, b"\xff\xfe"]
)
def test_what_is_no_paper_is_not_kept(served: Served, body: bytes) -> None:
    assert served.put("new.json", body) == 409
    assert list(served.folder.iterdir()) == []


def test_a_key_file_is_not_written_over(served: Served) -> None:
    key = served.folder / "key.json"
    key.write_text('{"crypto": {}}')
    assert served.put("key.json", text_of(served, agreement())) == 409
    assert key.read_text() == '{"crypto": {}}'


def test_a_paper_that_is_too_large_is_refused(served: Served) -> None:
    large = text_of(served, agreement()) + b" " * json_file.MAX_BYTES
    assert served.put("new.json", large) == 413
    assert served.put("new.json", b" " * (MAX_QUESTION + 1)) == 413
    assert list(served.folder.iterdir()) == []


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def signature(row: int) -> bundle.Signature:
    """A word that looks like one."""
    return bundle.Signature(
        index=row, signer="0x" + "11" * 20, nonce=0, deadline=2**40, data="0x" + "22" * 65
    )


def text_of(served: Served, found: bundle.Bundle) -> bytes:
    """A paper as a file holds it."""
    path = served.folder.parent / "text.json"
    signature_files.write(path, found)
    return path.read_bytes()


# the command


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        made = Desk("http://127.0.0.1:1", "local", 1, tmp_path)
        with pytest.raises(EMCError, match=f"port {port} cannot be used"):
            asyncio.run(serve(made, port, lambda _: None))


def test_the_command_tells_the_digest_of_the_page() -> None:
    said = CliRunner().invoke(emc, ["desk", "--hash"])
    assert said.exit_code == 0
    assert said.output.strip() == desk.digest(desk.page()) == desk.told(desk.page())


def test_a_page_that_was_altered_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    altered = desk.page().replace(b"<title>", b"<title>Not the ")
    monkeypatch.setattr(desk, "page", lambda: altered)
    said = CliRunner().invoke(emc, ["desk", "--hash"])
    assert said.exit_code == 1
    assert "the page was altered" in said.output


def test_the_embedded_chain_cannot_be_served(tmp_path: Path) -> None:
    said = CliRunner().invoke(emc, ["desk", str(tmp_path), "--network", "embedded"])
    assert said.exit_code == 1
    assert "emc chain start" in said.output
