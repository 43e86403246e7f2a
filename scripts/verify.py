"""`ape run verify`: the same as `emc verify`."""

from emc.cli import script

cli = script("verify")
