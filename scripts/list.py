"""`ape run list`: the same as `emc list`."""

from emc.cli import script

cli = script("list")
