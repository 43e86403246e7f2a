"""`ape run parties`: the same as `emc parties`."""

from emc.cli import script

cli = script("parties")
