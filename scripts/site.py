"""Hooks of `make docs`: the README becomes the site's first page, the canvases' page joins it, and
links that leave the documentation (to code, to a folder) become plain names.
"""

import os
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
# pages that lie outside of docs/, and what the site calls them
OUTSIDE = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "architecture.md",
    "canvases/README.md": "canvases.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
# what editors are given, beside the pages
SCHEMAS = "src/emc/schemas"
LINK = re.compile(r"(?P<mark>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages from outside."""
    for path, name in OUTSIDE.items():
        text = (ROOT / path).read_text()
        files.append(File.generated(config, name, content=inside(text, (ROOT / path).parent)))
    for schema in sorted((ROOT / SCHEMAS).glob("*.json")):
        name = f"schemas/{schema.name}"
        files.append(File.generated(config, name, content=schema.read_text()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Keep the links of a page inside of the site."""
    del config, files
    if page.file.src_uri in OUTSIDE.values():
        return markdown
    place = Path(page.file.src_uri).parent
    return inside(markdown, DOCS / place, place)


def inside(markdown: str, folder: Path, place: Path = Path()) -> str:
    """A page whose links stay on the site.

    Args:
        folder: Where the page lies; its links start there.
        place: The folder of the page on the site.
    """

    def turned(found: re.Match[str]) -> str:
        target, hash_, anchor = found["target"].partition("#")
        if not target or re.match(r"[a-z]+:", target):
            return found[0]
        path = (folder / target).resolve()
        name = path.relative_to(ROOT).as_posix()
        if name in OUTSIDE:
            there = OUTSIDE[name]
        elif path.suffix == ".json" and path.parent == ROOT / SCHEMAS:
            there = f"schemas/{path.name}"
        elif path.is_relative_to(DOCS):
            there = path.relative_to(DOCS).as_posix()
        else:
            return found["text"]
        link = Path(os.path.relpath(there, place)).as_posix()
        return f"{found['mark']}[{found['text']}]({link}{hash_}{anchor})"

    return LINK.sub(turned, markdown)
