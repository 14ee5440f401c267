"""The published form of what verbs print for scripts."""

from __future__ import annotations

import click


@click.command()
@click.argument("verb", nargs=-1)
def schema(verb: tuple[str, ...]) -> None:
    """Print the JSON schema of what a verb prints with --json; without a verb, which have one.

    \b
    Example:  leadscore schema ledger delete-person
    """
    from features.errors import LeadscoreError, nearest_name
    from leadscore.schemas import SCHEMAS, schema_of
    from leadscore.terminal import print_json

    name = " ".join(verb)
    if not name:
        click.echo("\n".join(sorted(SCHEMAS)))
        return
    if name not in SCHEMAS:
        below = sorted(one for one in SCHEMAS if one.startswith(f"{name} "))
        if below:
            raise LeadscoreError(f"no schema of '{name}' is published.", f"Use one of {', '.join(below)}.")
        raise LeadscoreError(f"no schema of '{name}' is published.", nearest_name(name, sorted(SCHEMAS)))
    print_json(schema_of(name))
