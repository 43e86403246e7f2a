"""`ape run status`: the same as `emc status`."""

from emc.cli import script

cli = script("status")
