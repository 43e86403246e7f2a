"""emc schema: the JSON Schemas of the files that people write."""

import click

from emc import schemas


@click.command()
@click.argument("name", type=click.Choice(schemas.FILES))
def command(name: str) -> None:
    """Print the JSON Schema of a file that people write: every field, and what is allowed there.

    Editors that support the YAML language server complete and check a file whose first line is
    `# yaml-language-server: $schema=NAME.schema.json`.

    \b
    Examples:
      emc schema canvas > canvas.schema.json
      emc schema parties > parties.schema.json
    """
    click.echo(schemas.text(name), nl=False)
