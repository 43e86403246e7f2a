"""`ape run statement`: the same as `emc statement`."""

from emc.cli import script

cli = script("statement")
