"""Make the ERC-7730 files that tell wallets how to show what a node signs.

python scripts/clear_signing.py          write them
python scripts/clear_signing.py --check  exit 1 if they are not what would be written
"""

import json
import sys

from generated import keep

from emc import clear_signing
from emc.core.parts import ROOMS


def main() -> int:
    files = {
        clear_signing.path_of(room): json.dumps(clear_signing.describe(room), indent=2) + "\n"
        for room in ROOMS
    }
    return keep(files, "python scripts/clear_signing.py")


if __name__ == "__main__":
    sys.exit(main())
