"""Make src/emc/schemas/*.schema.json from the models of the files that people write.

python scripts/schemas.py          write them
python scripts/schemas.py --check  exit 1 if one is not what would be written
"""

import sys
from pathlib import Path

from generated import keep

from emc import schemas

FOLDER = Path(__file__).parent.parent / "src" / "emc" / "schemas"


def main() -> int:
    files = {FOLDER / f"{name}.schema.json": schemas.text(name) for name in schemas.FILES}
    return keep(files, "python scripts/schemas.py")


if __name__ == "__main__":
    sys.exit(main())
