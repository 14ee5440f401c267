"""Scores show themselves in a notebook: every one, escaped, with its reasons."""

from __future__ import annotations

from serving.edge.envelope import score_items

from features.clock.instants import parse_moment
from serving.answer.ladder import Ladder
from serving.score import Problem, Score, Scores, failed
from tests.made import scorers

NOW = parse_moment("2026-03-02T12:00:00+00:00", "UTC")


def scores(*names: str) -> Scores:
    items = [{"lead_id": name, "fields": {"email": "a@acme.io"}, "events": []} for name in names]
    return Scores(score_items(Ladder.by_rules(scorers.recipe()), items, NOW))


def test_a_list_of_scores_is_a_table_with_a_row_each() -> None:
    found = scores("one", "two")
    shown = found._repr_html_()
    assert shown.count("<tr>") == 3
    for score in found:
        assert str(score.lead_id) in shown
        for reason in (*score.reasons_for, *score.reasons_against):
            assert reason.text in shown
    assert found[0]._repr_html_().count("<tr>") == 2


def test_what_was_sent_is_text_and_errors_are_said() -> None:
    hostile = "<script>alert(1)</script>"
    shown = Scores([*scores(hostile), failed(None, [Problem(field="size", problem="is no number")])])
    assert "<script" not in shown._repr_html_()
    assert "size: is no number" in shown._repr_html_()


def test_a_long_list_says_how_many_it_leaves_out() -> None:
    (one,) = scores("one")
    assert "2 more scores" in Scores([one] * (Scores.SHOWN + 2))._repr_html_()
    assert "more scores" not in Scores([one] * Scores.SHOWN)._repr_html_()
    assert isinstance(Scores(), list)


def test_a_ladder_answers_with_scores_that_show_themselves() -> None:
    ladder = Ladder.by_rules(scorers.recipe())
    assert isinstance(ladder.score([]), Scores)
    assert isinstance(one := scores("one")[0], Score)
    assert "<table" in one._repr_html_()
