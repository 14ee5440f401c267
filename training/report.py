"""The report of a training run: one HTML file for the sales manager and the data scientist alike."""

from __future__ import annotations

from pathlib import Path

from training.evidence import JUDGED
from training.report_card import card_section, leak_section, rows_section
from training.report_curves import calibration_section, comparison_section, gains_section, time_section
from training.report_groups import age_section, groups_section
from training.report_input import ReportInput
from training.report_markup import Markup, tag
from training.report_page import contents, page, paragraph
from training.report_reasons import reasons_section
from training.report_verdict import capacity_section, verdict_section

REPORT = "report.html"
"""The file's name among a run's artefacts."""


def report(run: ReportInput) -> str:
    """A self-contained HTML document: no script, no request, no lead's values, every text escaped.

    The verdict comes first. Without a model (too few outcomes) there are the verdict, the rows and the card.
    """
    sections = _sections(run)
    title = f"{run.name}: report of a training run"
    known = f"Run {run.run_id}" if run.run_id else ""
    head = [tag("h1", title), paragraph(known, soft=True) if known else None]
    entries = [entry for entry, _ in sections]
    body = [body for _, body in sections]
    return page(title, [*(part for part in head if part), contents(entries[1:]), *body])


def write_report(run: ReportInput, path: Path) -> None:
    """The report as a file."""
    path.write_text(report(run), encoding="utf-8")


def _sections(run: ReportInput) -> list[tuple[tuple[str, str], Markup]]:
    """((key, title), section) in the order of reading."""
    found: list[tuple[tuple[str, str], Markup]] = [(("verdict", "Verdict"), verdict_section(run))]
    if run.test is not None and len(run.test) and JUDGED in run.probabilities:
        found += _of_model(run)
    found += [
        (("rows", "Data"), rows_section(run.account, run.quality)),
        (("card", "Model card"), card_section(run)),
    ]
    return found


def _of_model(run: ReportInput) -> list[tuple[tuple[str, str], Markup]]:
    """What only a run with a model can show."""
    found = [
        (("capacity", "Whom to call"), capacity_section(run)),
        (("gains", "Working the best first"), gains_section(run)),
        (("calibration", "Calibration"), calibration_section(run)),
        (("groups", "By origin and segment"), groups_section(run)),
    ]
    if run.test is not None and run.test["age_days"].nunique() > 1:
        found.append((("age", "By age"), age_section(run)))
    found.append((("time", "Over time"), time_section(run)))
    if run.contributions is not None:
        found.append((("reasons", "What it looks at"), reasons_section(run)))
    if run.evidence is not None:
        found.append((("comparison", "All figures"), comparison_section(run.evidence)))
    return [*found, (("leaks", "Leaks"), leak_section(run))]
