"""What thirty leads are told is what a person has read and found good; artefacts without rates tell none."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from features.clock.instants import parse_moment
from features.language import LANGUAGES, Language
from serving.answer.ladder import Ladder
from serving.artefact.folder import load_artefact
from serving.words.rates import FEWEST_LEADS
from tests.made.resign import sign
from tests.serving import golden


@pytest.mark.parametrize("language", LANGUAGES)
def test_thirty_leads_are_told_what_a_person_has_read(language: Language) -> None:
    assert golden.told(language) == golden.golden(language).read_text(encoding="utf-8"), (
        "read what 'python -m tests.serving.golden' writes, and commit it where it is better"
    )


def test_both_languages_tell_the_same_reasons() -> None:
    for one, other in zip(golden.answers("en"), golden.answers("fr"), strict=True):
        assert (one.language, other.language) == ("en", "fr")
        reasons = [[*score.reasons_for, *score.reasons_against] for score in (one, other)]
        plain = [[reason.model_copy(update={"text": ""}) for reason in side] for side in reasons]
        assert plain[0] == plain[1]
        silent = {"language": "en", "reasons_for": [], "reasons_against": [], "grade_note": None}
        assert one.next_action is not None
        assert other.next_action is not None
        assert one.next_action.reason != other.next_action.reason
        action = other.next_action.model_copy(update={"reason": one.next_action.reason})
        assert len(one.warnings) == len(other.warnings)
        assert (one.maturity_because is None) == (other.maturity_because is None)
        silent |= {"warnings": [], "maturity_because": None}
        same = other.model_copy(update=silent | {"next_action": action})
        assert one.model_copy(update=silent) == same


def test_a_rate_is_told_of_enough_leads_and_on_the_side_of_its_reason() -> None:
    told = [score for language in LANGUAGES for score in golden.answers(language)]
    reasons = [reason for score in told for reason in score.reasons_for + score.reasons_against]
    known = [(reason.rate, reason.strength) for reason in reasons if reason.rate is not None]
    assert len(known) > 100
    for rate, strength in known:
        assert rate.leads >= FEWEST_LEADS
        assert (rate.rate > rate.of_all) == (strength > 0)


def test_an_artefact_of_the_version_before_loads_and_tells_no_rate(tmp_path: Path) -> None:
    old = tmp_path / "model"
    shutil.copytree(golden.FOLDER / "model", old)
    content = json.loads((old / "manifest.json").read_text())
    del content["facts"]["rates"], content["facts"]["recipe"]["recipe"]["language"]
    (old / "manifest.json").write_text(json.dumps(content | {"schema_version": 2}))
    sign(old)
    artefact = load_artefact(old)
    assert artefact.manifest.rates is None
    whole = golden.ladder()
    request = golden.leads()[0]
    lead = whole.reader.read(
        lead_id="x",
        fields=request["fields"],
        events=request["events"],
        as_of_us=parse_moment(request["as_of"], "UTC"),
    )
    (before,) = Ladder.of(artefact).score([lead])
    (without,) = replace(whole, rates=None).score([lead])
    (now,) = whole.score([lead])
    assert before.reasons_for == without.reasons_for
    assert all(reason.rate is None for reason in before.reasons_for + before.reasons_against)
    for mine, theirs in zip(before.reasons_against, now.reasons_against, strict=True):
        assert theirs.text.startswith(mine.text)
