"""Test files with pytest's own assertions in them, which takes longer than all imports: each test
process writes some of them into pytest's cache, so that not each writes all.
"""

import sys
from pathlib import Path

import pytest
from _pytest.assertion import rewrite


def write(config: pytest.Config, path: Path) -> None:
    """Put a test file into the cache, if it is not there as it is now."""
    folder = rewrite.get_cache_dir(path)
    kept = folder / f"{path.stem}{rewrite.PYC_TAIL}"
    if rewrite.try_makedirs(folder) and rewrite._read_pyc(path, kept) is None:
        stat, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, stat, kept)


def write_share(config: pytest.Config, hand: int, hands: int) -> None:
    """Write what one of several processes has to write of the folders that they are to test."""
    files = sorted({found for each in config.args for found in Path(each).rglob("test_*.py")})
    if not sys.dont_write_bytecode:
        for path in files[hand::hands]:
            write(config, path)
