"""Who answers: a model promoted, the former one let back, and how things stand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from leadscore.options import JSON, NAME, REFUSED

if TYPE_CHECKING:  # the command imports no layer before a verb asks for it
    from training.store import Standing


@click.command()
@NAME
@click.option("--run", "run_id", help="The run whose model is meant; default: the newest.")
@click.option("--force", is_flag=True, help="Override the gate; needs --reason, which is recorded.")
@click.option("--reason", default="", help="Why the gate is overridden.")
@JSON
@click.pass_context
def promote(
    ctx: click.Context, name: str, run_id: str | None, force: bool, reason: str, as_json: bool
) -> None:
    """Let a trained model answer, if its evidence passes the gate (exit code 1: refused).

    \b
    Example:  leadscore promote acme

    A service that runs answers with it within 10 s.
    """
    from leadscore.terminal import print_json, print_table, say, spinner

    with spinner("reading the evidence"):
        import training

        decision = training.promote(model_name(name), run_id, force=force, reason=reason)
    if as_json:
        print_json(decision.model_dump(mode="json"))
    else:
        print_table(
            ["check", "passed", "numbers"],
            [(check.name, "yes" if check.passed else "no", check.words) for check in decision.checks],
        )
    for doubt in decision.doubts:
        say(f"- Not sure: {doubt}.")
    outcome = "is champion" if decision.promoted else "was refused"
    say(f"{decision.name} version {decision.version} {outcome} ({decision.store}).")
    if decision.followed:
        say(decision.followed)
    ctx.exit(0 if decision.promoted else REFUSED)


@click.command()
@NAME
@click.option("--reason", default="", help="Why; recorded with the decision.")
@JSON
def rollback(name: str, reason: str, as_json: bool) -> None:
    """Let the previous champion answer again; a second rollback undoes the first.

    \b
    Example:  leadscore rollback acme --reason "scores fell on Monday"

    A service that runs answers with it within 10 s.
    """
    from leadscore.terminal import print_json, say, spinner

    with spinner("reading the evidence"):
        import training

        decision = training.rollback(model_name(name), reason=reason)
    if as_json:
        print_json(decision.model_dump(mode="json"))
    say(f"{decision.name} version {decision.version} is champion again ({decision.store}).")
    say(decision.followed)


@click.command()
@NAME
@click.option("--url", help="A service to ask; default: the one that writes to the ledger here.")
@JSON
def status(name: str, url: str | None, as_json: bool) -> None:
    """Say what is champion, where, since when, what would answer a request, and what the service answers by.

    \b
    Example:  leadscore status acme
    A service elsewhere:  leadscore status acme --url https://leads.example.org
    """
    from leadscore.service_told import in_shadow, ledger_here, print_shadow, running_words
    from leadscore.terminal import print_json, print_table, say, spinner

    with spinner("reading the store"):
        import training
        from serving.edge import running_service

        found = training.status(model_name(name))
        ledger = ledger_here()
        shadow, running = in_shadow(ledger), running_service(url, ledger)
    if as_json:
        said: dict[str, object] = {"shadow": shadow} if shadow else {}
        said |= {"running": asdict(running)} if running else {}
        print_json(found.model_dump(mode="json") | said)
    else:
        named = {"champion": found.champion, "previous": found.previous, "challenger": found.challenger}
        rows = [(label, *described(version)) for label, version in named.items() if version is not None]
        head = ["alias", "version", "since", "run", "auc", "log loss"]
        print_table(head, rows, least=("run", "since"))
        print_shadow(shadow)
    if found.note:
        say(found.note)
    if running is not None:
        champion = found.champion.version if found.champion else None
        say(running_words(running.url, running.said, running.problem, champion))
    say(f"{found.answers} would answer; the store is {found.store}.")


def model_name(name_or_recipe: str) -> str:
    """The registered name that a name or the path of a recipe stands for."""
    if not name_or_recipe.endswith(".toml"):
        return name_or_recipe
    from features.recipe import load_recipe

    return load_recipe(name_or_recipe).name


def described(version: Standing) -> tuple[object, ...]:
    """A version's cells in the table of `status`."""
    figures, since = version.figures, version.since or version.trained_at
    return (version.version, since, version.run_id, figures.auc, figures.log_loss)
