"""`ape run allocate`: the same as `emc allocate`."""

from emc.cli import script

cli = script("allocate")
