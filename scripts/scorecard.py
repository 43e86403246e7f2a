"""`ape run scorecard`: the same as `emc scorecard`."""

from emc.cli import script

cli = script("scorecard")
