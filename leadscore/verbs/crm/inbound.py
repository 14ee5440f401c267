"""What vendors may send: mappings looked at, and tried on a body before anything is stored."""

from __future__ import annotations

from pathlib import Path

import click

from leadscore.options import FILE, JSON, RECIPE

_VENDOR = click.argument("vendor")


@click.group()
def inbound() -> None:
    """Look at what vendors may send, and what becomes of it.

    \b
    Example:  leadscore inbound try hubspot acme/recipe.toml body.json
    """


@inbound.command("list")
@JSON
def inbound_list(as_json: bool) -> None:
    """Say which vendors may send, where to, and whether a secret is set.

    \b
    Example:  leadscore inbound list
    """
    from leadscore.terminal import print_json, print_table, say
    from serving.crm import senders_from, vendor_mapping, vendors

    senders = senders_from()
    names = [*vendors(), *(name for name in senders if name not in vendors())]
    rows = []
    for name in names:
        mapping = senders[name].mapping if name in senders else vendor_mapping(name)
        secrets = len(senders[name].secrets) if name in senders else 0
        rows.append([name, mapping.title, f"/v1/in/{name}", mapping.proof.kind, secrets])
    columns = ["vendor", "what", "path", "proof", "secrets"]
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)
    say(f"{len(senders)} of {len(names)} vendors may send; set LEADSCORE_IN_VENDOR to let one in.")


@inbound.command("show")
@_VENDOR
def inbound_show(vendor: str) -> None:
    """Print a vendor's mapping, to begin one of your own with.

    \b
    Example:  leadscore inbound show marketo > marketo.toml
    """
    from serving.crm import mapping_text

    click.echo(mapping_text(vendor), nl=False)


@inbound.command("try")
@_VENDOR
@RECIPE
@click.argument("body", type=FILE)
@click.option("--mapping", type=FILE, help="A mapping of your own instead of the vendor's.")
@JSON
@click.pass_context
def inbound_try(
    ctx: click.Context, vendor: str, recipe: Path, body: Path, mapping: Path | None, as_json: bool
) -> None:
    """Show what a body would become; nothing is stored (exit code 3: some of it cannot be read).

    \b
    Example:  leadscore inbound try hubspot acme/recipe.toml body.json
    """
    from features.recipe import load_recipe
    from leadscore.options import SOME_FAILED
    from leadscore.terminal import print_json, print_table, say
    from serving.crm import tried

    found = tried(vendor, load_recipe(recipe), body, mapping)
    rows = [[row.what, row.lead_id, row.at, row.says] for row in found.rows]
    if as_json:
        print_json(
            {"rows": [vars(row) for row in found.rows], "problems": found.problems, "counts": found.counts}
        )
    elif rows:
        print_table(["what", "lead", "at", "says"], rows)
    for problem in found.problems:
        say(f"Left out: {problem}")
    counts = ", ".join(f"{count} {word}" for word, count in found.counts.items())
    say(f"{len(rows)} rows of {counts}; nothing was stored.")
    ctx.exit(SOME_FAILED if found.problems else 0)
