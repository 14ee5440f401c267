"""What a promotion needs, condition by condition, in words that need no statistics and with the numbers."""

from __future__ import annotations

import re

from serving.page import Markup, paragraph, section, table, typeset
from training.judging import Check
from training.report.input import ReportInput
from training.report.names import named

_TITLES = {
    "min_positives": "Enough converted leads to judge by",
    "slope": "Good and bad leads are as far apart as promised",
    "observed_expected": "As many convert as promised",
    "worst segment": "No group is promised far too much or too little",
    "learned": "There is something to learn",
}
_SAID = {
    "observed_expected": "observed / promised",
    "observed/expected": "observed / promised",
    "log loss minus that of": "log loss, less that of",
}
_SCORER = re.compile(
    r"(?<=minus )\w+(?=:)|(?<=less that of )\w+(?=:)|\w+(?= is better in)|(?<=with )\w+(?=\.)"
)


def conditions_section(run: ReportInput) -> Markup:
    """Every condition of the gate, whether it holds, and its numbers."""
    rows = [[title(check), "holds" if check.passed else "FAILS", in_words(check)] for check in run.checks]
    words = paragraph(
        "All of these must hold. A condition on the level, the spread or a group fails only when its whole "
        "interval lies outside the band and who answers today is nearer to it: else small tests would refuse "
        "good models by chance. 'Beyond chance': the whole 95 % interval lies on one side of zero."
    )
    return section("conditions", "What a promotion needs", words, table(("condition", "", "numbers"), rows))


def title(check: Check) -> str:
    """A condition in words.

    >>> title(Check(name="gain over newest_first", passed=True, words=""))
    'Better than newest first, beyond chance'
    """
    before, _, scorer = check.name.rpartition(" ")
    if before == "gain over":
        return f"Better than {named(scorer)}, beyond chance"
    if before == "not beaten by":
        return f"{named(scorer)[:1].upper()}{named(scorer)[1:]}: not better than the model"
    return _TITLES.get(check.name, check.name)


def in_words(check: Check) -> str:
    """The numbers of a condition, with scorers called as people call them.

    >>> in_words(Check(name="", passed=True, words="model minus base_rate: AUC -0.01 [-0.02, +0.00]."))
    'model minus any order: AUC −0.01 [−0.02, +0.00].'
    """
    words = check.words
    for code, said in _SAID.items():
        words = words.replace(code, said)
    words = _SCORER.sub(lambda found: named(found[0]), words)
    return typeset(words)


def _not_met(condition: str, numbers: str) -> str:
    return f"Not met: {condition}. {numbers[:1].upper()}{numbers[1:]}"


def failures(run: ReportInput) -> list[str]:
    """Why the model is refused: the conditions that fail in words, else the reasons of the run."""
    failed = {check.words: _not_met(title(check), in_words(check)) for check in run.checks}
    return [failed.get(reason, reason) for reason in run.reasons]
