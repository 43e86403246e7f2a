"""`ape run system`: the same as `emc system`."""

from emc.cli import script

cli = script("system")
