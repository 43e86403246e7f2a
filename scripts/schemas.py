"""Make src/emc/schemas/*.schema.json from the models of the files that people write.

python scripts/schemas.py          write them
python scripts/schemas.py --check  exit 1 if one is not what would be written
"""

import sys
from pathlib import Path

from emc import schemas

FOLDER = Path(__file__).parent.parent / "src" / "emc" / "schemas"


def main() -> int:
    stale = []
    for name in schemas.FILES:
        path, text = FOLDER / f"{name}.schema.json", schemas.text(name)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        print(f"stale: {', '.join(stale)}; run `python scripts/schemas.py`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
