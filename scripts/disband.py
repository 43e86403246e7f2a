"""`ape run disband`: the same as `emc disband`."""

from emc.cli import script

cli = script("disband")
