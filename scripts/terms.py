"""`ape run terms`: the same as `emc terms`."""

from emc.cli import script

cli = script("terms")
