"""`ape run sign`: the same as `emc sign`."""

from emc.cli import script

cli = script("sign")
