"""`ape run assess`: the same as `emc assess`."""

from emc.cli import script

cli = script("assess")
