"""A plan as the options of `plan` name it: the company's habits, what is planned, what is checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from leadscore.ledger_files import standing_here
from leadscore.options import moment_of, place_of


@dataclass(frozen=True)
class Habits:
    """A recipe, where its tables are, and how the company works: playbook, law, agreement, calendar."""

    recipe: Any
    path: Path
    place: Any
    files: list[Path]
    book: Any
    law: Any
    agreement: Any
    calendar: Any
    moment: int

    @classmethod
    def read(cls, path: Path, recipe: Any, folder: Any, book: Path | None, as_of: str | None) -> Habits:
        """All of it, or an error that names the line of what is wrong."""
        from features.clock import now_us
        from leadscore.terminal import spinner

        place, files = place_of(path, recipe, folder)
        moment = moment_of(as_of, recipe.recipe.zone) or now_us()
        with spinner("reading the playbook"):
            from serving.agreed import Agreement, WorkCalendar, law_of, load_agreement, parse_playbook

            named = book or path.parent / "playbook.toml"
            parsed = parse_playbook(playbook_text(path, recipe, book), recipe, named.name)
            country = parsed.country_of(recipe)
            law = law_of(country, parsed.law, named.parent)
            agreed = load_agreement(path.parent / recipe.agreement) if recipe.agreement else Agreement()
            calendar = WorkCalendar(parsed.hours, recipe.recipe.zone, country)
        return cls(recipe, path, place, files, parsed, law, agreed, calendar, moment)

    def tables(self, recipe: Any) -> Any:
        """The company's tables as `recipe` reads them."""
        from features.tables import read_tables
        from leadscore.terminal import spinner

        with spinner("reading tables") as step:
            return read_tables(recipe, self.place, progress=step, opted_out=standing_here().opted_out)


def planned(
    habits: Habits,
    *,
    model: str | None,
    csv_file: Path | None,
    html: Path | None,
    language: Any,
    keep: bool,
    force: bool,
    by_value: bool = False,
) -> Any:
    """The plan that the options name, written where they say."""
    from features.exports import check_written
    from leadscore.terminal import bar, say, spinner
    from serving.ledger import LedgerTables
    from serving.planning import keep_plan, make_plan, plan_page, told_by, write_csv

    check_written([("--csv", csv_file), ("--html", html)], habits.files, force=force)
    if keep and not isinstance(habits.place, LedgerTables):
        raise click.UsageError("--keep needs the leads of the ledger: say --data ledger.")
    with spinner("loading what answers"):
        import serving

        opened = serving.open_ladder(habits.recipe, model, folder=habits.path.parent)
    if opened.warning:
        say(f"Warning: {opened.warning}.")
    rest = habits.book.contact.recycle_days
    told = told_by(habits.place, habits.moment, habits.agreement, habits.calendar, rest)
    ladder = opened.ladder.told_in(language)
    recipe = ladder.recipe
    tables = habits.tables(recipe)
    with bar("planning leads") as tick:
        found = make_plan(
            recipe,
            ladder,
            tables,
            habits.book,
            habits.law,
            habits.moment,
            told=told,
            draw=partial(drawn_in, habits),
            progress=tick,
            by_value=by_value,
        )
    if keep:
        with bar("keeping the plan") as tick:
            kept = keep_plan(habits.place.ledger, found, opened, tick)
        say(f"{kept:,} leads are kept with their next action in {habits.place.ledger.name}.")
    if csv_file is not None:
        with csv_file.open("w", encoding="utf-8", newline="") as out:
            say(f"{write_csv(found, out):,} rows are in {csv_file}.")
    if html is not None:
        html.write_text(plan_page(found, recipe.name), encoding="utf-8")
        say(f"The page is {html}.")
    return found


def drawn_in(habits: Habits, leads: Any) -> frozenset[str]:
    """The leads that exploration draws: kept in the ledger before anybody sees the plan."""
    from leadscore.terminal import say
    from serving.exploration import drawn, record_draws
    from serving.ledger import LedgerTables

    if habits.recipe.exploration is None:
        return frozenset()
    if isinstance(habits.place, LedgerTables):
        return record_draws(habits.place.ledger, habits.recipe, leads, habits.moment)
    say("- draws of [exploration] are recorded in a ledger alone (--data ledger); here they are only shown.")
    return frozenset(one.lead_id for one in leads if drawn(habits.recipe, one))


def checked(habits: Habits) -> Any:
    """Every promise of the agreement over the 30 days before the moment."""
    from features.errors import LeadscoreError
    from serving.planning import agreement_checks

    if habits.recipe.agreement is None:
        raise LeadscoreError(
            "the recipe names no agreement, so there is nothing to check.",
            'Write one (docs/playbook.md) and name it in the recipe: agreement = "agreement.toml".',
        )
    tables = habits.tables(habits.recipe)
    return agreement_checks(
        habits.recipe, tables, habits.place, habits.book, habits.agreement, habits.calendar, habits.moment
    )


def playbook_text(recipe: Path, loaded: Any, book: Path | None) -> str:
    """The text of the playbook that is named, or beside the recipe, or one to start from."""
    from serving.agreed import read_text, starter

    path = book or recipe.parent / "playbook.toml"
    text = read_text(path, "playbook") if book is not None or path.exists() else ""
    return text or starter(loaded)  # '--show > playbook.toml' has made an empty file by then
