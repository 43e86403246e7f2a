"""`ape run sell`: the same as `emc sell`."""

from emc.cli import script

cli = script("sell")
