"""What a person may ask: what is held and computed of them, in plain words; the notice of what is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from leadscore.options import FILE, FORCE, JSON, MADE

_LANGUAGE = click.option("--language", type=click.Choice(["en", "fr"]), help="Default: the recipe's.")
_RECIPE = click.option("--recipe", "path", type=FILE, help="Default: the champion's own.")
_MODEL = click.option("--model", help="An artefact's folder or models:/NAME@ALIAS; default: the champion.")
_OUT = click.option("-o", "--out", type=MADE, help="Write it to this file; .html: as a page.")


@click.command("explain-person")
@click.argument("lead_id", metavar="LEAD")
@click.option("--policy", type=FILE, help="privacy.toml: who is responsible, and where to write to.")
@_LANGUAGE
@_RECIPE
@_MODEL
@click.option("-o", "--out", type=MADE, help="Write it to this file (Markdown).")
@FORCE
@JSON
def explain_person(
    lead_id: str, policy: Path | None, language: Any, path: Path | None, model: str | None, out: Path | None,
    force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Tell a person what is held of them, what is computed, what it means and how to contest it.

    \b
    Example:  leadscore explain-person L17 --language fr --policy privacy.toml -o answer.md

    In English or French, from the ledger, as it stands now. It holds the person's data.
    """
    from features.clock import now_us
    from features.exports import check_written
    from leadscore.terminal import print_json, say
    from serving.answer import explain
    from serving.ledger import Ledger, lead_of
    from serving.neighbours import neighbours_of
    from serving.rights import load_policy, told_to_person

    kept, opened = Ledger.opened(), _opened(path, model)
    check_written([("-o", out)], [kept.path] if kept.path else [], force=force)
    ladder = opened.ladder.told_in(language)
    said = load_policy(policy) if policy else None
    lead = neighbours_of(kept).of(ladder.recipe, lead_of(kept, ladder.reader, lead_id, now_us()))
    score = explain(ladder, lead).score
    language = ladder.recipe.recipe.language
    text = told_to_person(kept, ladder.recipe, lead_id, score, language, said)
    if as_json:
        print_json(
            {"lead_id": lead_id, "language": language, "text": text, "score": score.model_dump(mode="json")}
        )
    if out is not None:
        out.write_text(text, encoding="utf-8")
        say(f"Written: {out}")
    elif not as_json:
        click.echo(text, nl=False)


@click.command()
@click.argument("policy", type=FILE)
@click.option("--record", is_flag=True, help="The record of processing instead of the notice for people.")
@_LANGUAGE
@_RECIPE
@_MODEL
@_OUT
@FORCE
def notice(
    policy: Path,
    record: bool,
    language: Any,
    path: Path | None,
    model: str | None,
    out: Path | None,
    force: bool,
) -> None:
    """Draft the notice of what is done with leads' data, from privacy.toml and what runs now.

    \b
    Example:  leadscore notice privacy.toml --language fr -o notice.html
              leadscore notice privacy.toml --record -o record.md

    Purposes, legal bases and recipients are yours; fields, logic, figures and counts are those of the recipe,
    the champion and the ledger that is here. A draft for who is responsible, no legal advice.
    """
    from features.clock import now_us
    from features.exports import check_written
    from leadscore.terminal import say
    from serving.ledger import Ledger
    from serving.rights import load_policy, notice_page, notice_text

    said, opened = load_policy(policy), _opened(path, model)
    check_written([("-o", out)], [policy], force=force)
    made = notice_page if out is not None and out.suffix == ".html" else notice_text
    tongue = language or opened.ladder.recipe.recipe.language
    text = made(opened, said, tongue, now_us(), ledger=Ledger.here(), record=record)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    say(f"Written: {out}")


def _opened(path: Path | None, model: str | None) -> Any:
    """What answers."""
    import serving
    from features.recipe import load_recipe
    from leadscore.terminal import say

    here = Path("recipe.toml")
    path = path or (here if here.exists() and not model else None)
    opened = serving.open_ladder(
        load_recipe(path) if path else None, model, folder=path.parent if path else None
    )
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    return opened
