"""`ape run amend`: the same as `emc amend`."""

from emc.cli import script

cli = script("amend")
