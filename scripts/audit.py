"""`ape run audit`: the same as `emc audit`."""

from emc.cli import script

cli = script("audit")
