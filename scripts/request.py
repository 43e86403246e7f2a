"""`ape run request`: the same as `emc request`."""

from emc.cli import script

cli = script("request")
