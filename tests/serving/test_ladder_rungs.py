"""The ladder: the best rung that can answer does, and a rung that fails takes no lead with it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from features import Lead, LeadscoreError
from features.catalogue import EventCount
from features.clock.instants import parse_moment
from features.columns import Columns, Floats
from features.language import LANGUAGES, Language
from features.lead import LeadReader
from serving.answer.compose import Rung
from serving.answer.ladder import Ladder
from serving.answer.opening import open_ladder
from serving.api.envelope import LeadRequest, read_lead, score_items
from serving.artefact.folder import load_artefact, save_artefact
from serving.rules.default import default_rules
from serving.scorer import Contributions
from serving.scorers.linear import Linear
from tests.made import scorers

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")
CREATED = "2026-02-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rules = default_rules(scorers.recipe())
    save_artefact(
        tmp_path / "model", scorers.manifest(), scorers.blend(), rules=rules, no_events=scorers.linear()
    )
    return tmp_path / "model"


@pytest.fixture
def ladder(folder: Path) -> Ladder:
    return Ladder.of(load_artefact(folder, "9"))


def lead(name: str, events: list[dict[str, Any]] | None, **fields: object) -> Lead:
    return read_lead(
        LeadReader(scorers.recipe()),
        LeadRequest(lead_id=name, fields=fields, events=events, created_at=CREATED),
        NOW,
    )


@dataclass(frozen=True)
class Broken:
    """A rung that fails at every lead."""

    inner: Linear
    rung: str = "model"
    version: str = "broken"

    @property
    def features(self) -> Any:
        return self.inner.features

    def margin(self, columns: Columns) -> Floats:
        raise ZeroDivisionError("a rung may fail of anything")

    def contributions(self, columns: Columns) -> Contributions:
        return self.inner.contributions(columns)

    def probability(self, margin: Floats) -> Floats:
        return self.inner.probability(margin)


def test_the_model_answers_and_says_which(ladder: Ladder) -> None:
    known = lead("a", [], company_size=40, industry="software")
    (score,) = ladder.score([known])
    assert score.status == "scored"
    assert score.scored_by is not None
    by = score.scored_by.model_dump()
    assert by == {"rung": "model", "version": "9", "name": "acme", "segment": None}
    columns = {"company_size": np.array([40.0]), "industry": np.array(["software"], dtype=object)}
    blend = scorers.blend()
    assert score.probability == pytest.approx(blend.probability(blend.margin(columns))[0], abs=1e-6)
    assert score.warnings == []


def test_without_events_the_variant_trained_for_that_answers_with_a_warning(ladder: Ladder) -> None:
    (score,) = ladder.score([lead("a", None, company_size=40, industry="software")])
    columns = {"company_size": np.array([40.0]), "industry": np.array(["software"], dtype=object)}
    linear = scorers.linear()
    assert score.probability == pytest.approx(linear.probability(linear.margin(columns))[0], abs=1e-6)
    assert "events were not given" in score.warnings[0]


def test_without_events_and_without_a_variant_the_scorecard_answers(tmp_path: Path) -> None:
    rules = default_rules(scorers.recipe())
    save_artefact(tmp_path, scorers.manifest(), scorers.blend(), rules=rules)
    (score,) = Ladder.of(load_artefact(tmp_path)).score([lead("a", None, company_size=40)])
    assert score.scored_by is not None
    assert (score.status, score.scored_by.rung) == ("scored", "rules")


def test_a_lead_of_which_nothing_is_known_is_left_to_the_scorecard(ladder: Ladder) -> None:
    nobody, silent = ladder.score([lead("a", None), lead("b", [])])
    assert nobody.scored_by is not None
    assert silent.scored_by is not None
    assert (nobody.scored_by.rung, silent.scored_by.rung) == ("rules", "model")
    assert any("nothing is known" in warning for warning in nobody.warnings)


def test_a_rung_that_fails_is_skipped_and_named(ladder: Ladder) -> None:
    broken = Rung(Broken(scorers.linear()), ladder.rungs[0].reference)
    climbing = replace(ladder, rungs=(broken, *ladder.rungs[1:]))
    (score,) = climbing.score([lead("a", [], company_size=40)])
    assert score.status == "scored"
    assert any("failed (ZeroDivisionError)" in warning for warning in score.warnings)


def test_when_every_rung_fails_the_answer_abstains_with_the_reason(ladder: Ladder) -> None:
    broken = Rung(Broken(scorers.linear()), ladder.rungs[0].reference)
    (score,) = replace(ladder, rungs=(broken,)).score([lead("a", [], company_size=40)])
    assert (score.status, score.probability) == ("abstained", None)
    assert "ZeroDivisionError" in score.warnings[0]


def test_many_leads_are_answered_as_one_by_one_whichever_rung_answers(ladder: Ladder) -> None:
    demo = {"kind": "demo_request", "occurred_at": "2026-03-01"}
    leads = [
        lead("a", [demo], company_size=40, industry="software", email="a@acme.io"),
        lead("b", None, company_size=4),
        lead("c", None),
        lead("d", [], title="CEO"),
        replace(lead("e", []), stage="won", outcome="won"),
        lead("f", [demo], opted_out=True),
    ]
    together = ladder.score(leads)
    assert [score.lead_id for score in together] == list("abcdef")
    assert together == [ladder.score([one])[0] for one in leads]


def test_wrong_input_is_an_error_of_its_own_lead_and_no_reason_to_fall_back(ladder: Ladder) -> None:
    good = {"lead_id": "a", "fields": {"company_size": 40}, "events": []}
    bad = {"lead_id": "b", "fields": {"company_sise": 40}, "events": []}
    first, second, third = score_items(ladder, [good, bad, good], NOW)
    assert (first.status, third.status) == ("scored", "scored")
    assert first == third
    assert second.error is not None
    assert second.scored_by is None
    assert "company_size" in second.error.problems[0].remedy


def test_two_rungs_may_not_mean_different_features_by_one_name(ladder: Ladder) -> None:
    count = EventCount(("page_view",), called="demo_request")
    clash = replace(
        scorers.linear(), features=(*scorers.linear().features, EventCount(("demo_request",)), count)
    )
    with pytest.raises(LeadscoreError, match="two rungs read 'count_demo_request_ever'"):
        _ = replace(ladder, rungs=(Rung(clash, ladder.rungs[0].reference),)).features


def test_a_damaged_model_leaves_the_calibrated_scorecard_and_says_so(folder: Path) -> None:
    (folder / "model_1.txt").write_text("not a model")
    opened = open_ladder(model=folder)
    assert (opened.rung, opened.ladder.top.calibrated) == ("rules", True)
    assert "model_1.txt is changed" in opened.warning
    (score,) = opened.ladder.score([lead("a", [])])
    assert "the model cannot be loaded" in score.warnings[-1]


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("trained", LANGUAGES)
def test_a_model_that_was_trained_earlier_tells_reasons_in_the_language_that_the_recipe_says_now(
    tmp_path: Path, whole: bool, trained: Language
) -> None:
    earlier = scorers.manifest().model_copy(update={"recipe": scorers.recipe().told_in(trained)})
    save_artefact(tmp_path / "model", earlier, scorers.blend(), rules=default_rules(scorers.recipe()))
    if not whole:
        (tmp_path / "model" / "model_1.txt").write_text("not a model")
    for now in (None, *LANGUAGES):
        opened = open_ladder(scorers.recipe().told_in(now), tmp_path / "model")
        (score,) = opened.ladder.score([lead("a", [])])
        assert score.language == (now or trained)
        assert opened.recipe_hash == earlier.recipe_hash
        assert "recipe differs" not in opened.warning


def test_without_champion_the_scorecard_answers_and_names_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    opened = open_ladder(scorers.recipe())
    assert opened.rung == "rules"
    assert f"no champion called 'acme' in sqlite:///{tmp_path}/mlflow.db" in opened.warning
    assert not (tmp_path / "mlflow.db").exists()
    with pytest.raises(LeadscoreError, match="Nothing to answer with"):
        open_ladder()
