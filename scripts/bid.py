"""`ape run bid`: the same as `emc bid`."""

from emc.cli import script

cli = script("bid")
