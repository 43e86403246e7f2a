"""`ape run agenda`: the same as `emc agenda`."""

from emc.cli import script

cli = script("agenda")
