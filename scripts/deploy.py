"""`ape run deploy`: the same as `emc deploy`."""

from emc.cli import script

cli = script("deploy")
