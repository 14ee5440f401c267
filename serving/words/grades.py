"""Grade and score in words."""

from __future__ import annotations

from features.language import Language
from serving.score import Maturity
from serving.words.language import catalogue


def grade_note(grade: str, maturity: Maturity, language: Language) -> str | None:
    """One sentence where a grade looks like a contradiction of the score, None where it does not.

    That is a good grade on both axes (A or B, 1 or 2) of a cold lead, and a poor one (C or D, 3 or 4) of a
    hot one.
    """
    letter, digit = grade[0], grade[1]
    good, poor = letter in "AB" and digit in "12", letter in "CD" and digit in "34"
    key = "high" if good and maturity == "cold" else "low" if poor and maturity == "hot" else None
    if key is None:
        return None
    words = catalogue(language)["grade"][key]
    return str(words).format(grade=grade, letter=letter, digit=digit)
