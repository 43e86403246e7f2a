"""`ape run leave`: the same as `emc leave`."""

from emc.cli import script

cli = script("leave")
