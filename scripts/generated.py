"""What scripts make of the project: written, or with --check compared with what is there."""

import sys
from collections.abc import Mapping
from pathlib import Path


def keep(files: Mapping[Path, str], by: str) -> int:
    """Write files, or only say which of them are stale.

    Args:
        by: The command that writes them.

    Returns:
        The exit code: 1 if one is stale.
    """
    stale = []
    for path, text in files.items():
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    if stale:
        print(f"stale: {', '.join(stale)}; run `{by}`", file=sys.stderr)
    return 1 if stale else 0
