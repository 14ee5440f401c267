"""What `train` may be asked for: one frozen object, or its fields as keywords."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from tests.made.company import small_company
from training import TrainOptions, train


@pytest.mark.slow
def test_options_and_keywords_ask_for_the_same_and_a_keyword_goes_before(tmp_path: Path) -> None:
    recipe = small_company(tmp_path, 150)
    options = TrainOptions(tracking=False, out=tmp_path / "not here", report=tmp_path / "page.html")
    by_object = train(recipe, tmp_path, options, out=tmp_path / "a")
    by_keyword = train(recipe, tmp_path, tracking=False, out=tmp_path / "b")
    assert (by_object.verdict, by_object.account) == (by_keyword.verdict, by_keyword.account)
    assert (tmp_path / "page.html").stat().st_size > 1000
    assert not (tmp_path / "not here").exists()
    assert by_object.store is None


def test_an_unknown_keyword_is_an_error_before_anything_is_read(tmp_path: Path) -> None:
    recipe = small_company(tmp_path, 150)
    with pytest.raises(TypeError, match="trackin"):
        train(recipe, tmp_path / "no such folder", trackin=False)


def test_options_are_frozen_and_a_study_without_a_budget_asks_for_no_search() -> None:
    options = TrainOptions(study=Path("study.db"))
    assert options.budget is None
    with pytest.raises(FrozenInstanceError):
        options.tracking = False  # type: ignore[misc]
    budget = TrainOptions(budget_seconds=90, study=Path("study.db")).budget
    assert budget is not None
    assert (budget.seconds, budget.file) == (90, Path("study.db"))
