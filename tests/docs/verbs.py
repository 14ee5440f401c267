"""docs/verbs.md: every verb's help, as the command prints it."""

from __future__ import annotations

import click

from leadscore import main

_HEAD = """\
# The verbs

Generated from the command itself by `make docs`.

Each `--help` starts with an example. No verb writes over a file that it reads, nor replaces another
without `--force`. Wherever a table is named, a sheet is too: `crm.xlsx#Leads`. `score` takes an
export that lacks columns, counts them as missing and warns of each, with the name that may be
meant. Results go to stdout, talk to stderr; `--json` prints one object. Exit codes: 0 done, 1 the
honest answer is no (refused, mismatches found), 2 wrong input, 3 done but some leads could not be
scored.
"""
_WIDTH = 100


def help_of(verb: str) -> str:
    """What `leadscore VERB --help` prints, 100 characters wide."""
    # As the command is called: click keeps the first help option that it makes for the life of the process.
    settings = main.context_settings | {"terminal_width": _WIDTH, "max_content_width": _WIDTH}
    parent = click.Context(main, info_name="leadscore", **settings)
    command = main.get_command(parent, verb)
    assert command is not None, verb
    context = click.Context(command, info_name=verb, parent=parent)
    return "\n\n".join([command.get_help(context), *_members(command, context)])


def _members(command: click.Command, parent: click.Context) -> list[str]:
    """The help of each verb of a group."""
    members = command.commands if isinstance(command, click.Group) else {}
    return [
        one.get_help(
            click.Context(one, info_name=name, parent=parent, terminal_width=_WIDTH, max_content_width=_WIDTH)
        )
        for name, one in sorted(members.items())
    ]


def page() -> str:
    """The whole page: a list of the verbs, then each one's help."""
    parent = click.Context(main, info_name="leadscore")
    verbs = main.list_commands(parent)
    summary = [f"- [`leadscore {verb}`](#leadscore-{verb}): {_first_sentence(verb)}" for verb in verbs]
    parts = [f"## leadscore {verb}\n\n```text\n{help_of(verb)}\n```\n" for verb in verbs]
    return _HEAD + "\n" + "\n".join(summary) + "\n\n" + "\n".join(parts)


def _first_sentence(verb: str) -> str:
    command = main.get_command(click.Context(main, info_name="leadscore"), verb)
    text = " ".join((command.help or "" if command else "").split("\n\n")[0].split())
    return text
