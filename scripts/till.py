"""`ape run till`: the same as `emc till`."""

from emc.cli import script

cli = script("till")
