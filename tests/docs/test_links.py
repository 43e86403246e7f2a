"""Whatever a page points at is there."""

import re
import xml.etree.ElementTree as ET

import pytest

from tests.docs.pages import NAMES, ROOT, anchors, code_spans, prose_of, text_of

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# written by a run, not part of a checkout
MADE = {"build/bench.json", "deployments/<chain-id>.json"}
ENDINGS = (".py", ".vy", ".vyi", ".json", ".md", ".yaml", ".txt", ".csv", ".svg")


def broken(page: str, links: list[str]) -> list[str]:
    """The links of a page that lead nowhere in the checkout."""
    wrong = []
    for link in links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (ROOT / page).parent / target if target else ROOT / page
        is_there = path.exists() and (
            not anchor or anchor in anchors(str(path.resolve().relative_to(ROOT)))
        )
        if not is_there:
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("page", NAMES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    assert broken(page, LINK.findall(prose_of(page))) == []


def test_the_check_of_links_sees() -> None:
    links = ["gone.md", "#gone", "docs/guide.md#gone", "docs/guide.md#as-a-node", "https://x.org"]
    assert broken("README.md", links) == links[:3]


@pytest.mark.parametrize("page", NAMES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    named = {
        span
        for span in code_spans(page)
        if re.fullmatch(r"[\w./<>-]+", span) and "/" in span and span.endswith(ENDINGS)
    }
    assert {name for name in named - MADE if not (ROOT / name).exists()} == set()


def test_every_page_is_reached_from_the_readme() -> None:
    reached, found = {"README.md"}, ["README.md"]
    while found:
        page = found.pop()
        for link in LINK.findall(text_of(page)):
            path = ((ROOT / page).parent / link.partition("#")[0]).resolve()
            name = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else ""
            if name in NAMES and name not in reached:
                reached.add(name)
                found.append(name)
    assert reached == set(NAMES)


def test_the_picture_is_a_drawing_that_tells_what_it_shows() -> None:
    drawing = ET.parse(ROOT / "docs" / "flow.svg").getroot()
    space = {"svg": "http://www.w3.org/2000/svg"}
    words = " ".join("".join(each.itertext()) for each in drawing.findall(".//svg:text", space))
    for part in (
        "canvas", "terms", "signatures", "Consent", "EMC", "gate", "backstop", "credit", "events",
    ):  # fmt: skip
        assert part in words
    description = drawing.find("svg:desc", space)
    assert description is not None
    assert description.text
    assert not drawing.findall(".//svg:script", space)
