"""The text of an answer is that of its type, byte by byte."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from serving.score import Score
from serving.wire.flat import ScoreAnswer, answer_text, flat
from tests.serving.test_service_envelope import GOOD, LADDER, NOW, score_items

texts = st.text(max_size=30)


@settings(max_examples=30, deadline=None)
@given(lead_id=texts, said=texts, warnings=st.lists(texts, max_size=3), reasons=st.integers(0, 3))
def test_an_answer_is_written_as_its_type_writes_it(
    lead_id: str, said: str, warnings: list[str], reasons: int
) -> None:
    scored = score_items(LADDER, [GOOD, {"fields": {}}, {**GOOD, "events": None}], NOW, reasons)
    for score in scored:
        action = score.next_action and score.next_action.model_copy(update={"reason": said})
        told: Score = score.model_copy(
            update={"lead_id": lead_id, "warnings": warnings, "next_action": action}
        )
        whole = ScoreAnswer(**dict(told), **dict(flat(told)))
        written = answer_text(told)
        assert ScoreAnswer.model_validate_json(written) == whole
        assert written == f"{told.model_dump_json()[:-1]},{flat(told).model_dump_json()[1:]}"
