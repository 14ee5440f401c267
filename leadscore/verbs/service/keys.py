"""Who may ask the service: keys made, listed, revoked."""

from __future__ import annotations

import click

from leadscore.options import JSON

_SCOPES = ("score", "write", "read", "admin")


@click.group(epilog="Keys are kept in the ledger, as hashes; a service that runs follows within a second.")
def keys() -> None:
    """Say who may ask the service: from the first key on, each request needs one.

    \b
    Example:  leadscore keys new hubspot --scope score
    """


@keys.command("new")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(_SCOPES),
    help="What it is for, as often as needed: score leads, write events, read what is kept, or all (admin).",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="Days after which it ends; default: never.")
@JSON
def keys_new(name: str, scopes: tuple[str, ...], days: int | None, as_json: bool) -> None:
    """Make a key and print it, once: nobody can read it again.

    \b
    Example:  leadscore keys new hubspot --scope score --scope write --days 365

    To rotate, make a second one, let the caller use it, then revoke the first.
    """
    from features.clock import now_us
    from leadscore.terminal import print_json, say
    from serving.ledger import ApiKeys, Ledger

    ends = None if days is None else now_us() + days * 86_400_000_000
    text, key = ApiKeys(Ledger.opened()).new(name, scopes, ends)
    if as_json:
        print_json({"key": text, **key.described()})
    else:
        click.echo(text)
    say(f"Key {key.key_id} of '{name}' may {', '.join(sorted(scopes))}. Keep it: it is not shown again.")


@keys.command("list")
@JSON
def keys_list(as_json: bool) -> None:
    """List the keys, also those that are revoked or have ended; never the keys themselves.

    \b
    Example:  leadscore keys list
    """
    from features.clock import now_us
    from leadscore.terminal import print_json, print_table, say
    from serving.ledger import ApiKeys, Ledger

    found, now = ApiKeys(Ledger.opened()).all(), now_us()
    if as_json:
        print_json({"keys": [key.described() | {"live": key.live(now)} for key in found]})
    elif found:
        print_table(list(found[0].described()), [list(key.described().values()) for key in found])
    say(f"{len(found)} keys, {sum(key.live(now) for key in found)} live.")


@keys.command("revoke")
@click.argument("key_id", metavar="ID")
@JSON
def keys_revoke(key_id: str, as_json: bool) -> None:
    """End a key now; what it opened is closed within a second.

    \b
    Example:  leadscore keys revoke 1f3c9a2b7d40
    """
    from leadscore.terminal import print_json, say
    from serving.ledger import ApiKeys, Ledger

    key = ApiKeys(Ledger.opened()).revoke(key_id)
    if as_json:
        print_json(key.described())
    say(f"Key {key.key_id} of '{key.name}' is revoked.")
