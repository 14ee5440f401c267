"""The report of a training run: one HTML file for the sales manager and the data scientist alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from features.language import Language
from serving.page import Markup, contents, page, paragraph, tag
from serving.words import document_in
from training.judging import JUDGED
from training.report.card import card_section
from training.report.evidence.attributes import age_section, groups_section
from training.report.evidence.before import origins_section
from training.report.evidence.capacity import capacity_section
from training.report.evidence.comparison import comparison_section
from training.report.evidence.conditions import conditions_section
from training.report.evidence.curves import calibration_section, gains_section
from training.report.evidence.groups import segments_section
from training.report.evidence.outlook import outlook_section
from training.report.evidence.time import time_section
from training.report.input import ReportInput
from training.report.leaks import leak_section
from training.report.reasons import reasons_section
from training.report.rows import rows_section
from training.report.verdict import verdict_section


def report(run: ReportInput, language: Language = "en") -> str:
    """A self-contained HTML document in `language`: no script, no request, no lead's values, texts escaped.

    The verdict comes first. Without a model (too few outcomes) there are the verdict, the rows and the card.
    """
    run = run if run.voice is None else replace(run, voice=run.voice.in_language(language))
    sections = _sections(run)
    title = f"{run.name}: report of a training run"
    known = f"Run {run.run_id}" if run.run_id else ""
    head = [tag("h1", title), paragraph(known, soft=True) if known else None]
    entries = [entry for entry, _ in sections]
    body = [body for _, body in sections]
    english = page(title, [*(part for part in head if part), contents(entries[1:]), *body])
    return document_in(english, language)


def write_report(run: ReportInput, path: Path, language: Language = "en") -> None:
    """The report as a file."""
    path.write_text(report(run, language), encoding="utf-8")


def _sections(run: ReportInput) -> list[tuple[tuple[str, str], Markup]]:
    """((key, title), section) in the order of reading."""
    found: list[tuple[tuple[str, str], Markup]] = [(("verdict", "Verdict"), verdict_section(run))]
    if run.test is not None and len(run.test) and JUDGED in run.probabilities:
        found += [*_for_sales(run), *_for_scientists(run)]
    found += [
        (("rows", "Data"), rows_section(run.account, run.quality, run.fills)),
        (("card", "Model card"), card_section(run)),
    ]
    return found


def _for_sales(run: ReportInput) -> list[tuple[tuple[str, str], Markup]]:
    """What only a run with a model can show, and who works leads asks first."""
    found = [
        (("capacity", "Whom to call"), capacity_section(run)),
        (("gains", "Working the best first"), gains_section(run)),
        (("calibration", "Calibration"), calibration_section(run)),
    ]
    if run.contributions is not None:
        found.append((("reasons", "What it looks at"), reasons_section(run)))
    if run.evidence is not None and run.evidence.outlook is not None:
        found.append((("outlook", "When, and how much"), outlook_section(run.evidence.outlook)))
    if run.timed:
        found.append((("time", "Over time"), time_section(run)))
    if run.test is not None and run.test["age_days"].nunique() > 1:
        found.append((("age", "By age"), age_section(run)))
    return found


def _for_scientists(run: ReportInput) -> list[tuple[tuple[str, str], Markup]]:
    """What decides: conditions, both origins, groups, every figure, leaks."""
    found: list[tuple[tuple[str, str], Markup]] = []
    if run.checks:
        found.append((("conditions", "What a promotion needs"), conditions_section(run)))
    if run.evidence is not None:
        found += [
            (("origins", "Now and before"), origins_section(run)),
            (("segments", "Groups, new accounts"), segments_section(run)),
        ]
    found.append((("groups", "By attribute"), groups_section(run)))
    if run.evidence is not None:
        found.append((("comparison", "All figures"), comparison_section(run.evidence)))
    return [*found, (("leaks", "Leaks"), leak_section(run))]
