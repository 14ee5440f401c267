"""A CRM connected: its rights and properties looked at, the mapping file written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from leadscore.options import FILE, JSON, MADE, REFUSED
from leadscore.verbs.crm.push import ACCOUNTS, VENDOR, mapping_file

if TYPE_CHECKING:
    from serving.ledger import Ledger
    from serving.push import Connected
    from serving.vendors import PushMapping

_DRY = 10


@click.command()
@VENDOR
@ACCOUNTS
@click.option("--url", help="Address of the CRM's API; HubSpot's and Pipedrive's are known.")
@click.option("--language", type=click.Choice(["en", "fr"]), help="Of labels and words; default: en.")
@click.option("--create", is_flag=True, help="Create the properties that lack, where the CRM lets us.")
@click.option("--restore", is_flag=True, help="Put back the values that were taken out of the mapping file.")
@click.option("--recipe", type=FILE, help="Says which stages close a lead; its value and horizons are sent.")
@click.option("--id-property", help="HubSpot: the unique property that holds the lead ids.")
@click.option("--tenant", help="Dynamics: the directory (tenant) id.")
@click.option("--step", type=click.IntRange(1, 98), help="Points by which a score moves before it is sent.")
@click.option(
    "-o", "--output", type=MADE,
    help="The mapping file; default: push-VENDOR.toml, or push-VENDOR-accounts.toml.",
)  # fmt: skip
@JSON
def connect(vendor: str, accounts: bool, output: Path | None, as_json: bool, create: bool, restore: bool,
            recipe: Path | None, **given: Any) -> None:  # fmt: skip
    """Look at a CRM, check rights and properties, write the mapping file (exit code 1: something lacks).

    \b
    Example:  leadscore connect hubspot --create --language fr

    Asks for what is not given, at a terminal. Writes nothing to any lead; scores ten leads dry, and says
    how to undo it all. Run again it keeps what the mapping file says, and what was taken out of it stays out.
    """
    from leadscore.terminal import print_json, say
    from serving.push import CrmLine
    from serving.push import connect as look
    from serving.vendors import crm_of, write_mapping

    path = output or mapping_file(vendor, accounts)
    mapping = _mapping_of(vendor, path, recipe, given | ({"of": "accounts"} if accounts else {}))
    mapping, out = _values_of(mapping, path, recipe, restore)
    with CrmLine(mapping) as line:
        found = look(mapping, crm_of(mapping), line, create=create)
    write_mapping(found.mapping, path, mapping.profile.title)
    rows = [[one.value, one.name, one.type, one.label, one.state] for one in found.properties]
    if as_json:
        print_json({"mapping": str(path), "account": found.mapping.account, "lacking": found.lacking})
    else:
        _print_found([[one.name, _given(one.given)] for one in found.rights], rows)
        if found.mapping.of == "accounts":
            say(f"'leadscore push {vendor} --accounts --dry-run' shows what accounts would get.")
        else:
            _print_first(found.mapping, path.parent / mapping.recipe if mapping.recipe else None)
    _tell(found, path, out)
    click.get_current_context().exit(REFUSED if found.lacking else 0)


def _tell(found: Connected, path: Path, out: list[str]) -> None:
    """How to undo it, what a person took out, and what lacks."""
    from leadscore.terminal import say

    profile, vendor, rows = found.mapping.profile, found.mapping.vendor, found.properties
    say(f"Wrote {path}. To undo it all: delete it. {profile.where['undo']}")
    if out:
        of = " --accounts" if found.mapping.of == "accounts" else ""
        command = f"leadscore connect {vendor}{of} --restore"
        say(f"Left out, as in {path}: {', '.join(out)}. '{command}' adds them.")
    for sentence in found.lacking:
        say(f"Lacks: {sentence}")
    if any(one.state == "to create" for one in rows):
        say(profile.where["properties"])
    say(f"{profile.title}: {sum(one.usable for one in rows)} of {len(rows)} properties can be written.")


def _given(given: bool | None) -> str:
    return {True: "given", False: "not given", None: "not told by the CRM"}[given]


def _mapping_of(vendor: str, path: Path, recipe: Path | None, given: dict[str, Any]) -> PushMapping:
    """The mapping that is looked at: the file's where there is one, what was given, and what is asked for."""
    from serving.vendors import crm_profile, load_mapping, made_mapping

    profile = crm_profile(vendor, given.get("of", "leads"))
    said = {name: value for name, value in given.items() if value is not None}
    if recipe is not None:
        said["recipe"] = os.path.relpath(recipe.absolute(), path.absolute().parent)
    if path.exists():
        return made_mapping(load_mapping(path).model_dump() | said, str(path))
    url = said.get("url") or profile.url or _asked("url", f"Address, such as {profile.url_example}")
    if vendor == "dynamics" and "tenant" not in said and not os.environ.get(profile.secrets.token):
        said["tenant"] = _asked("tenant", "Directory (tenant) id")
    if "language" not in said and sys.stdin.isatty():
        said["language"] = _asked("language", "Language of labels, en or fr")
    names = {value: told.name for value, told in profile.properties.items()}
    return made_mapping({"vendor": vendor, "properties": names} | said | {"url": url}, "options")


def _values_of(
    mapping: PushMapping, path: Path, recipe: Path | None, restore: bool
) -> tuple[PushMapping, list[str]]:
    """The mapping with the values that it is to have, and those that a person took out of the file.

    What a recipe asks for is added when the file is first made for it, and by `restore`.
    """
    from features.recipe import load_recipe
    from serving.vendors import load_mapping

    known = load_recipe(recipe) if recipe else None
    new = not path.exists() or load_mapping(path).recipe != mapping.recipe
    if restore:
        mapping = mapping.whole()
    if known is not None and (new or restore):
        mapping = mapping.widened(known)
    wanted = [*mapping.profile.properties, *(mapping.asked(known) if known else [])]
    return mapping, [name for name in wanted if name not in mapping.properties]


def _asked(option: str, words: str) -> str:
    if not sys.stdin.isatty():
        raise click.MissingParameter(param_hint=f"--{option}", param_type="option")
    return str(click.prompt(words, err=True))


def _print_found(rights: list[list[str]], properties: list[list[str]]) -> None:
    from leadscore.terminal import print_table

    if rights:
        print_table(["right", "token"], rights)
    print_table(["value", "property", "type", "label", "state"], properties, least=["type"])


def _print_first(mapping: PushMapping, recipe: Path | None) -> None:
    """Ten leads dry: those that would be sent first, or where none is scored yet the first of the ledger."""
    from features.errors import LeadscoreError
    from features.recipe import load_recipe
    from leadscore.printed_push import due_rows, print_due
    from leadscore.terminal import say
    from serving.ledger import Ledger
    from serving.push import LeadsDue

    try:
        kept = Ledger.opened()
        due = LeadsDue(kept, mapping, load_recipe(recipe) if recipe else None)
        _, rows = due_rows(kept, mapping, due)
        if rows := rows[:_DRY] or _scored_dry(kept, recipe, mapping.further):
            say("Ten leads as they would be written; nothing is sent:")
            print_due(rows, mapping)
        else:
            say("No lead was scored dry: the ledger holds none that would be sent.")
    except LeadscoreError as error:
        say(f"No lead was scored dry: {error.problem} {error.remedy}")


def _scored_dry(kept: Ledger, path: Path | None, further: list[str]) -> list[dict[str, Any]]:
    import serving
    from features.clock import now_us
    from features.recipe import load_recipe
    from serving.batch import KnownScored, known_leads, scored_by_name
    from serving.vendors import values_of

    recipe = load_recipe(path) if path else None
    opened = serving.open_ladder(recipe, folder=path.parent if path else None)
    now = now_us()
    names = known_leads(kept, now)[-10 * _DRY :]  # the newest are the likeliest to be open
    found = list(scored_by_name(opened, kept, names, now, KnownScored()))[-_DRY:]
    return [
        {"lead_id": lead.lead_id, "before": {}, "after": dict(values_of(score, further))}
        for lead, _, score in found
    ]
