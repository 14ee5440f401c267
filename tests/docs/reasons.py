"""docs/reasons.md: what reasons are, with examples from the thirty leads that a person has read."""

from __future__ import annotations

import json
from collections.abc import Iterator

from serving.score import Reason
from tests.serving import golden

_HEAD = """\
# Reasons: words that a salesperson can use

Each answer gives up to three reasons for and three against (`--reasons` of `leadscore score`),
strongest first. They are the same in an export, over HTTP, in Python and in the report of a run,
whichever rung answers: all are made by one function of `serving/words/`.

- A reason is about one **signal**: a field, a kind of event, the lead's age. What all columns of the
  model say of a signal is added before it is ranked, so that no signal is for and against at once.
  Several kinds of events of one meaning (signs of intent) are told by the kind that weighs most; where
  none of them happened, once: "no sign of an intention to buy yet".
- Its words say what is the case, as one would say it to a colleague. Days are those of the calendar in
  the recipe's zone; a date that came without a time is told without an hour.
- How active a lead is now, where a model reads it, counts for the signal of all its events: "22
  interactions in all, most recently yesterday".
- In brackets stands the **observed rate**: how many of the leads of whom the same was true became
  customers within the horizon, beside that of all leads. It is counted at training on rows whose
  outcome is known, each lead once, from the first moment at which it was true, and kept in the artefact
  with its number of leads. "The same" is: events of that kind as often and as long ago (in bands: 1, 7,
  30, 90, 180 days), the same level, the same fifth of a number. A rate of fewer than 30 leads is not
  told, nor one that chance explains, nor one that points the other way: what else such leads have in
  common did that, and the reason is about the signal alone. A rate is no promise that an action changes
  anything.
- Rates are counted on the leads that the model was fitted on: they describe, the report's test figures
  judge.

## Language

English and French. `language = "fr"` under `[recipe]` is the default of a company, also for a model that was
trained before the recipe said so (words are made when a lead is answered for); `--language` of
`leadscore score`, `plan`, `train` and `compare`, `leadscore.score(…, language="fr")` in a notebook, and the
header `Accept-Language: fr` over HTTP ask for another. It changes all sentences of an answer (reasons,
warnings, why it is hot, the next action), of the plan and of the page of an export; errors are English. The
words are one file a language, `serving/words/en.toml` and `fr.toml`, and `fr_sentences.toml` for sentences
that are composed in English; kinds of events are recognised by their names
(`kinds.toml`), and one that is not is told by its own name: "Site inspection 2 days ago". Values of
your CRM stay as they are.

## In JSON

```json
{example}
```

`strength` is the signal's part of the log-odds, `feature` the column that weighs most in it, `signal`
what the reason is about, `rate` null where none is told. `language` of the score says in which language
its words are.

## Grade and score

The grade counts the scorecard's points (who the lead is: A–D, what it did: 1–4); the score is learnt
from what became of such leads. Where the two look like a contradiction, `grade_note` explains it in one
sentence:

> {note}

## In a notebook

A score shows itself as a table, and so do the scores of `leadscore.score(frame)` and of a ladder.

## Examples

Generated from the thirty leads of `tests/serving/golden/`, one a signal.

| signal | in English | in French |
|---|---|---|
"""


def page() -> str:
    """The whole page."""
    notes = (score.grade_note for score in golden.answers("en"))
    told = [reason for score in golden.answers("en") for reason in score.reasons_for + score.reasons_against]
    example = next(
        reason for reason in told if reason.rate is not None and reason.signal.startswith("events:")
    )
    head = _HEAD.replace("{example}", json.dumps(example.model_dump(), indent=1))
    rows = "".join(f"| {key} | {one} | {other} |\n" for key, one, other in _examples())
    return head.replace("{note}", next(note for note in notes if note)) + rows


def _examples() -> Iterator[tuple[str, str, str]]:
    """(signal, English, French), the first of each signal that has a rate, else the first."""
    found: dict[str, tuple[Reason, Reason]] = {}
    for one, other in zip(golden.answers("en"), golden.answers("fr"), strict=True):
        mine, theirs = one.reasons_for + one.reasons_against, other.reasons_for + other.reasons_against
        for pair in zip(mine, theirs, strict=True):
            kept = found.get(pair[0].signal)
            if kept is None or (kept[0].rate is None and pair[0].rate is not None):
                found[pair[0].signal] = pair
    for key in sorted(found):
        yield f"`{key}`", found[key][0].text, found[key][1].text
