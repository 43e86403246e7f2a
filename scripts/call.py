"""`ape run call`: the same as `emc call`."""

from emc.cli import script

cli = script("call")
