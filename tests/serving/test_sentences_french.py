"""Sentences composed in English have their French: one template each, none in the shadow of another."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import parse_recipe, tables_from_frames
from features.clock import DAY_US, from_us, to_us
from features.lead import LeadReader
from serving.agreed.book import parse_playbook
from serving.agreed.hours import WorkCalendar
from serving.agreed.law import Law, Person, law_of
from serving.answer import Ladder
from serving.batch import score_export
from serving.planning import plan_page
from serving.planning.plan import make_plan
from serving.planning.recommend import Advisor, Case, Refusal
from serving.planning.work import Meanings, Worked
from serving.returned import BatchSummary, Selection, report_page
from serving.returned.matches import Match
from serving.score import Score, Stage
from serving.words.language import sentences
from serving.words.translation import translated

RECIPE = parse_recipe("""
[recipe]
zone = "Europe/Paris"
country = "FR"
language = "fr"
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
email = { type = "email" }
[events.kinds]
demo_request = "intent"
meeting_held = "intent"
webinar_attended = "interest"
white_paper_download = "interest"
call = "contact"
no_show = "negative"
unsubscribe = "negative"
""")
BOOK = parse_playbook(
    '[[sequence]]\nname = "suite"\nafter = ["webinar_attended"]\n[[sequence.step]]\n'
    'after_days = 1\nwhat = "x"\n',
    RECIPE,
)  # fmt: skip
ENGLISH = ("the", "of", "and", "is", "not", "lead", "until", "back", "attempts?", "for", "was", "by", "were")
HERE = Path(__file__).parent
FRENCH = sentences("fr")
NAME = re.compile(r"{(\w+)}")
NOW = to_us(datetime(2026, 9, 7, 9, 0, tzinfo=UTC))
"""A Monday after the day from which French law asks consumers' consent to calls."""


@pytest.mark.parametrize("english", FRENCH)
def test_every_template_translates_its_own_sentence_with_its_values(english: str) -> None:
    french = FRENCH[english]
    assert set(NAME.findall(english)) == set(NAME.findall(french)), "a value is lost"
    kinds = {"count": "7", "date": "2026-01-31"}
    values = {name: kinds.get(name.partition("_")[0], f"<{name}>") for name in NAME.findall(english)}
    assert translated(english.format(**values), "fr") == french.format(**values)


def test_a_sentence_that_nobody_has_translated_stays_as_it_is() -> None:
    assert translated("the moon is full", "fr") == "the moon is full"
    assert translated("attempt 2 of 5: asked to be contacted", "fr") == (
        "tentative 2 sur 5 : a demandé à être contacté"
    )
    assert translated("12,345 to call", "fr") == "12\u202f345 à appeler"


CALENDAR = WorkCalendar(BOOK.hours, "Europe/Paris", "FR")
ADVISOR = Advisor(BOOK, CALENDAR, law_of("FR", None, HERE), Meanings(RECIPE, BOOK), from_us(NOW))
KINDS = ("demo_request", "meeting_held", "webinar_attended", "call", "no_show", "unsubscribe")
SCORES = st.builds(
    Score,
    lead_id=st.just("a"),
    status=st.sampled_from(["scored", "closed", "opted_out"]),
    as_of=st.just(from_us(NOW)),
    horizon_days=st.just(90.0),
    probability=st.just(0.2), score=st.just(50), grade=st.just("B2"),
    maturity=st.sampled_from(["hot", "warm", "cold"]),
    stage=st.builds(
        Stage, name=st.sampled_from(["mql", "sql"]), missing=st.sampled_from([[], ["identification"]])
    ),
    next_action=st.just(None),
)  # fmt: skip
DAYS = st.floats(0, 2000)
PEOPLE = st.builds(
    Person,
    st.sampled_from([None, True, False]),
    st.sets(st.sampled_from(["phone", "email"])).map(frozenset),
    st.none() | DAYS, st.none() | DAYS, st.booleans(),
)  # fmt: skip
WORK = st.builds(
    Worked, st.integers(0, 9), st.integers(0, 5),
    st.dictionaries(st.sampled_from(KINDS), DAYS.map(lambda days: NOW - round(days * DAY_US))),
)  # fmt: skip
REFUSALS = st.none() | st.builds(
    Refusal, st.just("<reason>"), st.none() | st.just(from_us(NOW + DAY_US * 9).date())
)


@given(SCORES, PEOPLE, WORK, REFUSALS, st.booleans())
@settings(max_examples=400)
def test_whatever_a_plan_recommends_is_told_in_french(score, person, work, refusal, excluded) -> None:
    """Every sentence that the advisor and the law can make, however they are put together."""
    step = ADVISOR.recommend(Case(score, person, work, NOW - 90 * DAY_US, refusal, excluded))
    told = translated(f"{step.why}; beyond today's contacts", "fr")
    assert translated(step.why, "fr") != step.why
    left = [word for word in ENGLISH if re.search(rf"\b{word}\b", told)]
    assert not left, told


def test_the_page_of_a_plan_and_its_notes_are_french() -> None:
    leads = pd.DataFrame(
        [("a", "a@acme.io", "2026-09-01"), ("b", "", "2026-08-01")],
        columns=["lead_id", "email", "created_at"],
    )
    rows = [("a", "demo_request", from_us(NOW - DAY_US // 48))]
    events = pd.DataFrame(rows, columns=["lead_id", "kind", "occurred_at"])
    tables = tables_from_frames(RECIPE, leads, events, clock_us=NOW)
    plan = make_plan(RECIPE, Ladder.by_rules(RECIPE), tables, BOOK, law_of("FR", None, HERE), NOW)
    french, english = plan_page(plan, "acme"), plan_page(replace(plan, language="en"), "acme")
    assert 'lang="fr"' in french
    assert "Plan de acme, lundi 7 septembre 2026" in french
    assert not texts(french, "h1|h2|th|li") & texts(english, "h1|h2|th|li") - {
        "–",
        "–: 1",
        "score",
        *plan.notes,
    }
    assert all(re.match("loi|playbook.toml ne", note) for note in plan.notes)
    assert (
        not make_plan(RECIPE, Ladder.by_rules(RECIPE).told_in("en"), tables, BOOK, Law(), NOW)
        .notes[0]
        .startswith("loi")
    )


def test_the_page_of_an_export_is_french() -> None:
    def summary(language: str) -> BatchSummary:
        match = Match(field="size", column="size", present=False, meant="sise")
        found = BatchSummary(rows=12_345, as_of_us=NOW, language=language, columns=[match])
        found.maturities.update(hot=2, cold=3)
        found.statuses.update(scored=5, error=1)
        found.rungs["rules"] = 5
        found.scores[50] = 5
        found.faults["row: shifted"] = 1
        found.persons["email"] = 1
        found.outside["size"] = 1
        found.warnings.append("no events were given: every lead is scored without what it did")
        found.quality.append(("leads", "rows without an id", 1_200, "dropped"))
        return found

    french, english = report_page(summary("fr")), report_page(summary("en"))
    assert "12\u202f345 lignes" in french
    same = {"score", "export", "size", "rules", "row: shifted"}
    assert not texts(french, "h1|h2|th|li|p|td") & texts(english, "h1|h2|th|li|p|td") - same - numbers(french)


def test_the_warnings_of_a_score_and_why_it_is_hot_are_french() -> None:
    reader, ladder = LeadReader(RECIPE), Ladder.by_rules(RECIPE)
    later = [{"kind": kind, "occurred_at": from_us(NOW + DAY_US)} for kind in ("call", "strange")]
    asked = {"kind": "demo_request", "occurred_at": from_us(NOW - DAY_US // 48)}
    leads = [
        reader.read(lead_id="none", fields={}, events=None, as_of_us=NOW),
        reader.read(lead_id="later", fields={"email": "a@acme.io"}, events=[*later, asked], as_of_us=NOW),
    ]
    french, english = ladder.score(leads), ladder.told_in("en").score(leads)
    assert sum(len(score.warnings) for score in english) >= 4
    for one, other in zip(french, english, strict=True):
        assert len(one.warnings) == len(other.warnings)
        assert not set(one.warnings) & set(other.warnings)
        assert (one.maturity_because is None) == (other.maturity_because is None)
        assert one.maturity_because is None or one.maturity_because != other.maturity_because


def texts(page: str, tags: str) -> set[str]:
    """The texts of elements without children."""
    return {text for _, text in re.findall(rf"<({tags})[^>]*>([^<]+)</", page)}


def numbers(page: str) -> set[str]:
    """Texts in which there is no word."""
    return {text for text in texts(page, "td|p|li") if not re.search("[a-z]", text)}


@pytest.mark.parametrize(
    "told",
    [
        "events: repetitions of an event id: 1,200 (dropped, the first available kept)",
        "outcomes: closing rows before the lead's creation: 3 (kept: the lead was never open)",
        "outcomes: won rows without a readable date: 2 (kept: the lead is closed, no snapshot is made)",
        "field_history: values of a field beside another one at the same instant: 1 "
        "(dropped, the last by alphabet kept)",
        "leads: cells of size that do not parse: 4 (treated as missing, row reported)",
    ],
)
def test_what_was_odd_about_a_file_is_french(told: str) -> None:
    said = translated(told, "fr")
    for english in ("dropped", "kept", "rows", "values", "cells", "leads", "events", "outcomes", "field_"):
        assert english not in said
    assert re.findall(r"\d+", said) == re.findall(r"\d+", told)


ROWS = """lead_id,created_at,size,price,paid,member,since,born
fine,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
again,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
again,2026-09-02,1,2,3,yes,2026-01-01,31/01/2026
,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
number,2026-09-01,many,2,3,yes,2026-01-01,31/01/2026
comma,2026-09-01,1,many,3,yes,2026-01-01,31/01/2026
yen,2026-09-01,1,2,3 JPY,yes,2026-01-01,31/01/2026
perhaps,2026-09-01,1,2,3,perhaps,2026-01-01,31/01/2026
someday,2026-09-01,1,2,3,yes,some day,31/01/2026
form,2026-09-01,1,2,3,yes,2026-01-01,some day
creation,soon,1,2,3,yes,2026-01-01,31/01/2026
tocome,2027-09-01,1,2,3,yes,2026-01-01,31/01/2026
shifted,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026,beyond
kindless,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
happened,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
worth,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
crowd,2026-09-01,1,2,3,yes,2026-01-01,31/01/2026
"""
HAPPENED = "lead_id,occurred_at,kind,ingested_at,value\nkindless,2026-09-01,,2026-09-01,1\n"
HAPPENED += "happened,soon,call,2026-09-01,1\nworth,2026-09-01,call,soon,many\n" + "crowd,soon,call,,1\n" * 25
BROKEN = """
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
size = { type = "number" }
price = { type = "number", format = "decimal_comma" }
paid = { type = "number", rates = { EUR = 1, USD = 0.9 } }
member = { type = "boolean" }
since = { type = "date" }
born = { type = "date", format = "dmy" }
[events]
ingested_at = "ingested_at"
value = "value"
[events.kinds]
call = "contact"
"""


def test_every_error_that_a_row_of_an_export_can_get_is_french(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text(ROWS)
    (tmp_path / "events.csv").write_text(HAPPENED)
    recipe, told = parse_recipe(BROKEN), {}
    for language in ("en", "fr"):
        out, choice = tmp_path / f"{language}.csv", Selection(language=language)
        given = {"events": tmp_path / "events.csv", "as_of_us": NOW, "selection": choice}
        score_export(recipe, Ladder.by_rules(recipe), tmp_path / "leads.csv", out, **given)
        told[language] = pd.read_csv(out, keep_default_na=False)["error"].tolist()
    assert [place for place, error in enumerate(told["en"]) if not error] == [0, 1]
    for english, french in list(zip(told["en"], told["fr"], strict=True))[2:]:
        said = re.sub(r"(^|; )[\w\[\] .]+: ", r"\1", french)
        assert french != english
        assert not set(re.findall(r"[a-z]+", said)) & {
            *ENGLISH,
            "a number",
            "expected",
            "such",
            "form",
            "row",
        }
