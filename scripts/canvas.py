"""`ape run canvas`: the same as `emc canvas`."""

from emc.cli import script

cli = script("canvas")
