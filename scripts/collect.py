"""`ape run collect`: the same as `emc collect`."""

from emc.cli import script

cli = script("collect")
