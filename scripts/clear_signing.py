"""Make the ERC-7730 files that tell wallets how to show what a node signs.

python scripts/clear_signing.py          write them
python scripts/clear_signing.py --check  exit 1 if they are not what would be written
"""

import json
import sys

from emc import clear_signing


def main() -> int:
    stale = []
    for kind in clear_signing.KINDS:
        path = clear_signing.path_of(kind)
        text = json.dumps(clear_signing.describe(kind), indent=2) + "\n"
        if "--check" not in sys.argv:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(path.name)
    if stale:
        print(f"stale: {', '.join(stale)}; run `python scripts/clear_signing.py`", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
