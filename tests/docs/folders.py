"""docs/folders.md: what init finds in made folders and says of five: `python -m tests.docs.folders`."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from textwrap import wrap

from tests.made.folder_scores import Judged, judge, rates_of_parts
from tests.made.folders import KINDS, NAMES, is_held_back, make_folder
from tests.made.joined_scores import EVENTS, joined_scores
from tests.made.joined_words import ACCOUNT_INNOCENTS, SELLER_INNOCENTS
from tests.made.joined_worlds import JOINED_WORLDS
from tests.made.leak_scores import leak_scores
from tests.made.leak_words import LEAKS
from tests.made.leak_worlds import WORLDS

PAGE = Path(__file__).parents[2] / "docs" / "folders.md"
SHOWN = (
    "pipeline, english",
    "previous campaign, french",
    "strange name, api",
    "two outcomes, english",
    "lost zeros, french",
    "two columns, german",
    "dated accounts, english",
    "two days, api",
)
_MEANS = {
    "leads": "the file that holds the leads",
    "outcome": "the outcome's column and the value that means won",
    "id": "the column that names a lead",
    "time": "the date of creation",
    "joins": "which file belongs to the leads, by which column",
    "told": "an error, or a doubt, where one is right",
}
_INTRO = """# A folder of exports

`leadscore init FOLDER/*` finds which of many files holds the leads, which belong to them, and which column
is the outcome.

- **The leads** are what other files tell of, what is called so, and what says how cases ended; a short list
  of goods or sellers beside a long one is what leads point to.
- **A file belongs to the leads** when most values of one of its columns are their ids; where ids count from
  1, so that any small number fits, only when the columns are called alike. A column called as the leads' id
  of which hardly a value is theirs is an error that says what would make them fit.
- **The outcome** is what is plainly called so, but not the result of an earlier campaign; of several, the one
  whose wins are all among the others'; else what goes with a date after creation that other leads lack.
- **Where that is not sure**, `init` says so, names what else could be it and the option that decides, and
  writes `# check:` beside the line in the recipe. `train` repeats these lines until somebody deletes the
  comment.
- **Two columns may say it together**: won and closed, won and lost, a status "closed" and a reason or
  substage that reads as won. What is neither won nor closed (or lost) is open then, and not lost.

- **Lists that leads point to** (accounts, goods, sellers) are joined beside them, each by its own key, the
  first row of a key that stands twice. What its dates place after many of the leads counts as known only now;
  dates of a last change or contact do not count for that.
- **Of one list on two days** the newer file is used; a file without a header is refused, or read as
  `column 1`, `column 2`, … where `--outcome` names one of these.

## When a column was known

For every column `init` judges when it was known: **with the lead**, **as the case goes on** (it grows, or is
overwritten), **at its end**, or nobody can tell. It looks at

- the name: words for spans until an end, shares of time, counts of changes, last activities, opinions of
  sellers, reasons of an end, in English, French and German; and words for plans, which are known beforehand;
- values that make the rarer outcome certain, with a binomial bound over all values tried;
- numbers that follow the days until the outcome;
- what the newest leads lack that those before them have; what is filled in the same rows as something that
  is written at the end;
- of events, kinds that make the outcome certain: contracts, invoices, welcome mails logged before the win;
- dates after creation: a deadline lies as far ahead for the newest leads as for all; what has happened does
  not.

What is written at the end is left out, with its reason above it in the recipe. What grows is kept, marked
"May be known only later", and `known = "current"`. `leadscore init EXPORTS --explain COLUMN` prints all that
was measured on one column; `leadscore inspect RECIPE` judges again by the same rules and shows the run
without the marked fields beside the one with them.

## Measured

{count} folders of known truth (`tests/made/folders.py`): {kinds} kinds of trouble, among them dumps of five
CRMs with accounts, products, owners and activities, in four dialects (English, French, German, API names).
Those whose name has a CRC that three divides were held back while the rules were written, but for one whose
error was seen at the first measurement ("events beside, german"). Of the thirteen kinds that came last, all
that were held back were right when they were first measured. Folders and rules have the same authors, and
every kind and dialect is on both sides: the figures say that these kinds are handled, not how often `init` is
right on an export of yours.

Before tables and outcomes were chosen by these rules, of the first 32 folders the leads' file was right in
16, the outcome in 13, the id in 13, the date in 16, the joins in 10.

"""


_KINDS = {
    "duration": "a time until the end",
    "changes": "a number of stage changes",
    "shares": "a share of the time in a stage",
    "until arrival": "changes counted until arrival",
    "ratings": "a seller's rating, for half of the rows",
    "last activity": "the last activity",
    "other outcome": "another outcome, for some of the won",
}
_BESIDE = {
    "customer mark": "of the account: the mark of a customer",
    "customer number": "of the account: a customer's number",
    "business done": "of the account: what it has bought so far",
    "last contact": "of the account: the last contact",
    "contacts so far": "of the account: contacts so far",
    "wins of the seller": "of the seller: what he has sold so far",
    EVENTS: EVENTS,
}
_JOINED_WORDS = f"""
{2 * JOINED_WORLDS} made folders of leads, accounts, sellers and events (`tests/made/joined_worlds.py`). An
account says on the day of the export what it has become, a seller's row counts the very leads to be scored,
and two kinds of events in each folder follow an agreement and are logged some days before the win. A kind
that makes the outcome certain is left out of `[events.kinds]`, with its reason; two other kinds of each
folder, signs of intent, were kept in all. A date of the last change or contact in a joined table does not
make the whole table late: before that was so, every field of such accounts was marked, the innocent ones too,
and no feature read them. Sellers' fields are marked because the lead's owner is overwritten.

"""
_LEAK_WORDS = f"""
{2 * WORLDS} made lists (`tests/made/leak_worlds.py`), half of them under names that were held back, a third
undated; in the dated ones the newest leads are open still. Each has seven columns that were known too late
and up to seven innocent ones, some of which say much: a deadline, a form of address, an earlier date, a wish,
a rating from outside, a source, an optional answer. Under names that say nothing, only values that make the
outcome certain and, in dated lists, missingness are left to tell. Names and words have the same authors, too.

"""


@lru_cache(maxsize=1)
def judged_folders() -> dict[str, Judged]:
    """Every made folder as `discover` understands it."""
    found = {}
    for name in NAMES:
        with tempfile.TemporaryDirectory() as folder:
            found[name] = judge(make_folder(name, Path(folder)))
    return found


def page() -> str:
    """The text of docs/folders.md."""
    judged = judged_folders()
    said = "".join(f"\n**{name}**\n\n```text\n{_wrapped(judged[name].said)}\n```\n" for name in SHOWN)
    intro = _INTRO.replace("{count}", str(len(NAMES))).replace("{kinds}", str(len(KINDS)))
    return f"{intro}{_table(judged)}{_leaks()}{_joined()}\n## What init says of some of them\n{said}"


def _table(judged: Mapping[str, Judged]) -> str:
    seen, held = (
        rates_of_parts(one for name, one in judged.items() if is_held_back(name) == back)
        for back in (False, True)
    )
    lines = ["| found | seen: precision | recall | held back: precision | recall |", "|---|---|---|---|---|"]
    for part, words in _MEANS.items():
        rates = [_of(*pair) for right, answered, there in (seen[part], held[part])
                 for pair in ((right, answered), (right, there))]  # fmt: skip
        lines.append(f"| {words} | {' | '.join(rates)} |")
    return "\n".join(lines) + "\n"


def _of(right: int, count: int) -> str:
    return f"{right} of {count}"


def _leaks() -> str:
    """Columns that were known too late, by kind: left out, or kept and marked; and innocents."""
    scores = {
        "seen": leak_scores(held=False), "held back": leak_scores(held=True),
        "names that say nothing": leak_scores(held=True, speaking=False),
    }  # fmt: skip
    head = " | ".join(f"{called}: left out | marked" for called in scores)
    lines = [f"| known too late | {head} |", "|---|" + "---|---|" * len(scores)]
    rows = {
        _KINDS[kind]: [(s.left_out[kind], s.marked[kind], s.there[kind]) for s in scores.values()]
        for kind in LEAKS
    }
    rows["**innocents**"] = [
        (sum(map(len, score.dropped)), sum(map(len, score.doubted)), score.innocent)
        for score in scores.values()
    ]
    for words, counts in rows.items():
        cells = [_of(count, there) for out, marked, there in counts for count in (out, marked)]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    return _LEAK_WORDS + "\n".join(lines) + "\n"


def _joined() -> str:
    """The same of tables beside the leads."""
    scores = {"seen": joined_scores(held=False), "held back": joined_scores(held=True)}
    head = " | ".join(f"{called}: left out | marked" for called in scores)
    lines = [f"| known too late | {head} |", "|---|" + "---|---|" * len(scores)]
    for kind, words in _BESIDE.items():
        counts = [(s.left_out[kind], s.marked[kind], s.there[kind]) for s in scores.values()]
        cells = [_of(count, there) for out, marked, there in counts for count in (out, marked)]
        lines.append(f"| {words} | {' | '.join(cells)} |")
    for words, kinds in (("account", ACCOUNT_INNOCENTS), ("seller", SELLER_INNOCENTS)):
        cells = [
            _of(count, sum(score.innocent[kind] for kind in kinds))
            for score in scores.values()
            for count in (0, sum(score.doubted[kind] for kind in kinds))
        ]
        lines.append(f"| **innocents** of the {words} | {' | '.join(cells)} |")
    assert not any(name for score in scores.values() for names in score.dropped for name in names)
    return _JOINED_WORDS + "\n".join(lines) + "\n"


def _wrapped(said: str) -> str:
    lines = [line for part in said.split(" | ") for line in part.split("\n") if line]
    return "\n".join("\n  ".join(wrap(line, 100)) for line in lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
