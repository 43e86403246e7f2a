"""`ape run schema`: the same as `emc schema`."""

from emc.cli import script

cli = script("schema")
