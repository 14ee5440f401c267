"""The section of an inspection that shows all fields beside those that were surely known in time."""

from __future__ import annotations

from serving.page import Child, Markup, paragraph, section, table
from training.inspection.without import RUN_HEAD, FieldRuns

_WORDS = (
    "One weight a field, fitted on older leads and judged on newer ones. What is lost without a marked field "
    "is what it adds, whether it was known in time or not: find out when it is written."
)


def runs_section(runs: FieldRuns) -> Markup:
    """All fields together, without the marked ones, and without each of these."""
    rows: list[list[Child]] = [list(row) for row in runs.rows()]
    if not rows:
        none = "No field that the recipe uses is marked, or too few outcomes are known to compare."
        return section("runs", "With and without", paragraph(none))
    return section("runs", "With and without", paragraph(_WORDS, soft=True), table(list(RUN_HEAD), rows))
