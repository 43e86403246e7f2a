"""`ape run rate`: the same as `emc rate`."""

from emc.cli import script

cli = script("rate")
