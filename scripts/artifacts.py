"""Compile the deployed contracts into src/emc/artifacts, so that the package works without a
compiler, and write down where they are on every chain.

python scripts/artifacts.py          write them
python scripts/artifacts.py --check  exit 1 if they differ from the sources
"""

import json
import sys
import tomllib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from emc.artifacts import NAMES
from emc.client import sources
from emc.core import parts

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "emc" / "artifacts"
SYSTEMS = OUT / "systems.json"
SOURCES = tuple("mocks/Token.vy" if name == "Token" else f"{name}.vy" for name in NAMES)


def compiled(source: str) -> str:
    """The artifact of one contract as JSON text."""
    return text_of(sources.compiled(Path(source).stem))


def text_of(artifact: dict[str, Any]) -> str:
    """An artifact as it lies in its file."""
    return json.dumps(artifact, indent=1) + "\n"


def systems_of(texts: dict[str, str], known: list[dict[str, Any]], version: str) -> str:
    """The list of published systems, with this version's as its last.

    Args:
        texts: Artifacts by file name.
        known: The list as it is.
    """
    codes = {
        name: bytes.fromhex(json.loads(texts[f"{name}.json"])["bytecode"][2:])
        for name in parts.NAMES
    }
    ours = {"version": version, "status": "candidate", "contracts": parts.addresses_of(codes)}
    others = [each for each in known if each["version"] != version]
    same = next((each for each in known if each["version"] == version), ours)
    if same["status"] == "published":
        if same["contracts"] != ours["contracts"]:
            raise SystemExit(f"version {version} is published: its code does not change any more")
        ours = same
    return json.dumps([*others, ours], indent=1) + "\n"


def main() -> int:
    stale = []
    with ProcessPoolExecutor() as pool:
        texts = dict(zip(SOURCES, pool.map(compiled, SOURCES), strict=True))
    files = {f"{Path(source).stem}.json": text for source, text in texts.items()}
    known = json.loads(SYSTEMS.read_text()) if SYSTEMS.exists() else []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    files[SYSTEMS.name] = systems_of(files, known, project["version"])
    for name, text in files.items():
        path = OUT / name
        if not path.exists() or path.read_text() != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text)
    if stale and "--check" in sys.argv:
        print(f"stale: {', '.join(stale)}; run `make artifacts`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
