"""`ape run simulate`: the same as `emc simulate`."""

from emc.cli import script

cli = script("simulate")
