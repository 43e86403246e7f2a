"""`ape run chain`: the same as `emc chain`."""

from emc.cli import script

cli = script("chain")
