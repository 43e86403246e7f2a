"""`ape run reputation`: the same as `emc reputation`."""

from emc.cli import script

cli = script("reputation")
