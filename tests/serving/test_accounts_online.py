"""Account features read from the ledger at a moment are those of the tables, to the digit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import Recipe, default_features, parse_recipe, read_tables
from features.clock import DAY_US, parse_moment
from features.errors import FieldProblem
from features.readings import offline, online
from serving.answer import Ladder, Rung
from serving.api import named_by
from serving.api.envelope import answer_items
from serving.crm.cells import CellReader
from serving.crm.mapping import vendor_mapping
from serving.edge.successor import breaks
from serving.ledger import Ledger, LedgerTables, Writer, import_tables
from serving.ledger.gone import merge_of
from serving.neighbours import neighbours_of
from serving.skew.log import LoggedRequest
from serving.skew.replay import replay
from tests.features.test_accounts import FEATURES, RECIPE, START_US, TEXT, company, moments_of
from tests.made.scorers import counts

_FIRM = '[lead.fields]\nfirm = {{ type = "{}", column = "account" }}\n'
READ, COUNTED = (parse_recipe(TEXT + _FIRM.format(kind)) for kind in ("category", "number"))
"""The account is a field too."""


def filled(folder: Path, recipe: Recipe, seed: int) -> tuple[Ledger, pd.DataFrame]:
    """A ledger that holds a small company, and moments of its leads that are not before their creation."""
    frames = company(seed, leads=14)
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    ledger = Ledger.made(folder / f"ledger-{seed}.sqlite")
    with Writer(ledger) as writer:
        import_tables(writer, recipe, folder)
    created = {lead: parse_moment(at, "UTC") for lead, at, _ in frames["leads"].itertuples(index=False)}
    moments = moments_of(frames, (8, 33, 61))
    return ledger, moments[moments["as_of_us"] >= moments["lead_id"].map(created)].reset_index(drop=True)


def told(ledger: Ledger, recipe: Recipe, moments: pd.DataFrame) -> list[list[float]]:
    named = named_by(ledger)
    assert named is not None
    reader = Ladder.by_rules(recipe).reader
    leads = [named(reader, name, int(at)) for name, at in moments.itertuples(index=False)]
    return [list(online(FEATURES, lead).values()) for lead in leads]


@given(seed=st.integers(0, 2**31))
@settings(max_examples=2, deadline=None)
def test_online_is_offline_at_every_moment(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    folder = tmp_path_factory.mktemp("company")
    ledger, moments = filled(folder, RECIPE, seed)
    columns = offline(FEATURES, RECIPE, read_tables(RECIPE, LedgerTables(ledger, folder)), moments)
    found = np.array(told(ledger, RECIPE, moments))
    for place, feature in enumerate(FEATURES):
        np.testing.assert_array_equal(found[:, place], columns[feature.name], feature.name)
    assert np.nanmax(found) > 1


@pytest.mark.parametrize("recipe", [RECIPE, READ])
def test_what_was_merged_or_comes_later_is_read_alike(tmp_path: Path, recipe: Recipe) -> None:
    ledger, _ = filled(tmp_path, recipe, 7)
    last = START_US + 90 * DAY_US
    moments = pd.DataFrame({"lead_id": ["L1", "L2", "L3", "L6", "L7"], "as_of_us": last})
    before = told(ledger, recipe, moments)
    with Writer(ledger) as writer:
        writer.submit(merge_of("test", "L5", "L4", last - DAY_US)).result()
        writer.submit(merge_of("test", "L9", "L8", last - DAY_US)).result()
    columns = offline(FEATURES, recipe, read_tables(recipe, LedgerTables(ledger, tmp_path)), moments)
    found = np.array(told(ledger, recipe, moments))
    for place, feature in enumerate(FEATURES):
        np.testing.assert_array_equal(found[:, place], columns[feature.name], feature.name)
    assert found.tolist() != before


def test_what_reads_the_account_too_breaks_no_request() -> None:
    assert breaks(RECIPE, READ) == breaks(READ, READ) == []
    assert breaks(READ, RECIPE) == ["'firm' is no field any more"]
    assert breaks(RECIPE, COUNTED) == [
        "'account' was the column of account_id and is the column of account_id and number"
    ]


@pytest.mark.parametrize("key", ["account", "firm"])
def test_a_request_is_replayed_with_the_field_that_is_the_account(key: str) -> None:
    (firm,) = (one for one in default_features(READ, events=False) if one.name == "firm")
    lead = {"lead_id": "a", "fields": {key: "acme", "created_at": "2025-03-01"}}
    asked = LoggedRequest("log", 1, lead, START_US, {"firm": "acme"}, (firm,), "v")
    assert replay((firm,), READ, [asked])["firm"].tolist() == ["acme"]


@pytest.mark.parametrize("recipe", [RECIPE, READ, COUNTED])
def test_a_crm_names_the_account_as_a_text_whatever_else_reads_it(recipe: Recipe) -> None:
    problems = list[FieldProblem]()
    reader = CellReader(recipe, vendor_mapping("salesforce"))
    assert reader.read({"account_id": "1007"}, problems) == {"account": "1007"}
    assert not problems


def counting(recipe: Recipe) -> Ladder:
    """A model that counts the account's others, above the scorecard."""
    ladder = Ladder.by_rules(recipe)
    model = counts(FEATURES)
    return replace(ladder, rungs=(Rung(model, ladder.top.reference), *ladder.rungs))


def test_without_a_ledger_the_next_rung_answers_and_says_why(tmp_path: Path) -> None:
    ledger, _ = filled(tmp_path, RECIPE, 7)
    ladder = counting(RECIPE)
    item = {"lead_id": "L1", "fields": {"account": "a", "created_at": "2025-03-01"}, "events": []}
    last = START_US + 90 * DAY_US
    (alone,) = answer_items(ladder, [item], last)
    assert alone.score.scored_by is not None
    assert alone.score.scored_by.rung == "rules"
    assert "the account's other leads are not known here" in alone.score.warnings[0]
    named = [{"lead_id": f"L{number}"} for number in range(14)]
    beside = answer_items(ladder, [item, *named], last, named=named_by(ledger),
                          neighbours=neighbours_of(ledger))  # fmt: skip
    rungs = [one.score.scored_by.rung for one in beside if one.score.scored_by]
    assert rungs == ["model"] * len(rungs)
    assert len(rungs) > 3  # others are closed
    nobody = {"lead_id": "new", "fields": {"created_at": "2025-03-01"}, "events": []}
    (single,) = answer_items(ladder, [nobody], last)  # who has no account has no other leads to know
    assert single.score.scored_by is not None
    assert single.score.scored_by.rung == "model"


def test_a_recipe_without_account_features_asks_the_ledger_nothing(tmp_path: Path) -> None:
    ledger, _ = filled(tmp_path, RECIPE, 7)
    plain = RECIPE.model_copy(update={"features": RECIPE.features.model_copy(update={"accounts": False})})
    named = named_by(ledger)
    assert named is not None
    at = START_US + 90 * DAY_US
    assert named(Ladder.by_rules(plain).reader, "L1", at).others is None
    assert named(Ladder.by_rules(RECIPE).reader, "L1", at).others is not None
