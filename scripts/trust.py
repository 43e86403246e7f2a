"""`ape run trust`: the same as `emc trust`."""

from emc.cli import script

cli = script("trust")
