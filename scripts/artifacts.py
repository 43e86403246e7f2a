"""Compile the deployed contracts into src/emc/artifacts, so that the package works without a
compiler.

python scripts/artifacts.py          write them
python scripts/artifacts.py --check  exit 1 if they differ from the sources
"""

import json
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from emc.artifacts import NAMES
from emc.client import sources

ROOT = Path(__file__).parent.parent
OUT = ROOT / "src" / "emc" / "artifacts"
SOURCES = tuple("mocks/Token.vy" if name == "Token" else f"{name}.vy" for name in NAMES)


def compiled(source: str) -> str:
    """The artifact of one contract as JSON text."""
    return text_of(sources.compiled(Path(source).stem))


def text_of(artifact: dict[str, Any]) -> str:
    """An artifact as it lies in its file."""
    return json.dumps(artifact, indent=1) + "\n"


def main() -> int:
    stale = []
    with ProcessPoolExecutor() as pool:
        texts = dict(zip(SOURCES, pool.map(compiled, SOURCES), strict=True))
    for source, text in texts.items():
        path = OUT / f"{Path(source).stem}.json"
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
