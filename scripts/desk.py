"""`ape run desk`: the same as `emc desk`."""

from emc.cli import script

cli = script("desk")
