"""Columns that may know the outcome, for the page."""

from __future__ import annotations

from collections.abc import Sequence

from features.leaks import Suspect
from serving.page import Child, Markup, own, paragraph, section, table, tag
from training.report.input import ReportInput


def leak_section(run: ReportInput) -> Markup:
    """Features that seem to know the outcome."""
    if not run.suspects:
        words = (
            "No feature alone orders the outcome too well, is filled by it, or only says when a lead came, "
            "measured "
            "on the rows that were fitted on. 'leadscore inspect' looks at every column, also at those "
            "left out."
        )
        return section("leaks", "Leaks", paragraph(words))
    words = "These seem to know the outcome. Find out when each is written; in doubt leave it out."
    return section("leaks", "Leaks", paragraph(words), suspects_table(run.suspects))


def suspects_table(suspects: Sequence[Suspect]) -> Markup:
    """Name, kind and measurement of each suspect."""
    rows: list[list[Child]] = [
        [own(found.column), tag("span", found.kind, class_="flag"), found.reason] for found in suspects
    ]
    return table(["column", "suspicion", "why"], rows)
