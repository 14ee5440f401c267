"""Whatever a page can show of init, the gate, the funnel and errors has its French: read from the source."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from serving.words.translation import translated, translated_text
from tests.laws.said import literals_in, sentences_in

ROOT = Path(__file__).parents[2]
ERRORS = frozenset({"LeadscoreError", "OutcomeNotFoundError", "DamagedError", "StoreError"})
LAYERS = {
    "features": "catalogue discovery exports outcome profiles readings recipe snapshots tables",
    "serving": "accounts agreed answer artefact batch funnel jobs planning registry returned rules",
    "training": "bayes history store",
}
SOURCES = [f"{layer}/{name}" for layer, names in LAYERS.items() for name in names.split()]
NO_PAGE = {  # what no job of a page can come to: options of the command alone
    "explained.py", "engines.py", "postgres.py", "spark.py", "frame.py", "told.py", "hubspot.py",
}  # fmt: skip
FILES = sorted(
    path for source in SOURCES for path in (ROOT / source).glob("*.py")
    if path.name not in NO_PAGE and any(sentences_in(path, ERRORS))
)  # fmt: skip
SAID = {  # what is said beside errors: where it is composed, and what there is not told to people
    "features/discovery/guesses.py": r".*COLUMN.*|how sure|.*\{v\} \| .*|\{v\}, \{v\}\{v\}|; .*",
    "features/leaks/certain.py": r"",
    "features/leaks/evidence.py": r"",
    "features/leaks/filling.py": r"",
    "training/judging/gate.py": r"",
    "training/run/summary.py": r"",
    "training/store/champion.py": r"",
    "training/store/decision.py": r"",
    "serving/funnel/findings.py": r"at least ",
    "serving/ledger/decisions.py": r"",
    "serving/exploration/told.py": r"leadscore score",
    "serving/accounts/rollup.py": r"SELECT .*",
    "serving/accounts/roles.py": r"SELECT .*",
    "serving/accounts/dependence.py": r"",
}
PAGES = {  # what the pages of a report, an inspection and a watch say, and what there is no sentence
    "features/catalogue": r"keywords are.*|counts time.*|company '.*|looks at.*|the list of.*"
    r"|.*Input should.*|key '.*|kinds must.*|when .*|type .*|.*or is no year.*"
    r"|[a-z]+ [a-z]+|0 \(Monday.*|as the (co)?sine.*|Season .*",
    "training/report": r".*Lines hold.*|\(\?<=minus .*|\{v\}\{v\}.*",
    "training/inspection": r"taking snapshots|measuring fields|computing .*|card suspect",
    "training/watch": r".*(SELECT|TABLE|AND \{v\}).*|reading .*|(looking|asking) .*|new leads\|.*",
}
NO_SENTENCE = frozenset({"effect.py", "keywords.py", "added.py"})  # the terminal; titles; refusals
SPOKEN = [
    path for package in PAGES for path in sorted((ROOT / package).rglob("*.py"))
    if path.name not in NO_SENTENCE
] + [
    ROOT / f"training/{name}.py"
    for name in (
        "judging/doubts", "judging/protected", "run/recommend", "choosing/segments", "choosing/ladder",
    )
]  # fmt: skip
BITS = re.compile(r"[^A-Za-z]*(?:\{v\}[^A-Za-z]*)*")
"""What is but values and signs."""


def french(sentence: str, value: str) -> str:
    return translated(sentence.replace("{v}", value), "fr")


def is_told(sentence: str) -> bool:
    """Whether it has its French, with values that are words, or counts."""
    return any(french(sentence, value) != sentence.replace("{v}", value) for value in ("ab", "7"))


def keys_of() -> str:
    """Every template there is: pieces of a sentence are told with it, and are looked for there."""
    return " ".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "serving/words").glob("fr_*.toml"))
    )


def is_known(said: str, keys: str) -> bool:
    """Whether a literal has its French, as a sentence or as pieces of some."""
    whole = said.strip()
    texts = [whole.replace("{v}", value) for value in ("ab", "7", "2025-01-01")]
    found = (part.strip(" .;,:") for part in re.split(r"\{v\}|(?<=\.) ", whole))
    parts = [part for part in found if re.search("[a-z]{3}", part)]
    pieces = [(part, f"{part[:1].lower()}{part[1:]}".rstrip(".")) for part in parts]
    return any(translated_text(text, "fr") != text for text in texts) or all(
        part in keys or small in keys for part, small in pieces
    )


@pytest.mark.parametrize("path", SPOKEN, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_pages_of_a_model_say_has_its_french(path: Path) -> None:
    keys = keys_of()
    no_sentence = next(
        (rule for name, rule in PAGES.items() if str(path.relative_to(ROOT)).startswith(name)), ""
    )
    said = [one for one in literals_in(path) if " " in one.strip() and not BITS.fullmatch(one)]
    missing = [
        one for one in said if not re.fullmatch(no_sentence, one, re.DOTALL) and not is_known(one, keys)
    ]
    assert missing == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_error_that_a_page_can_show_has_its_french(path: Path) -> None:
    said = [one for one in sentences_in(path, ERRORS) if " " in one.strip() and not BITS.fullmatch(one)]
    missing = [one for one in said if not is_told(one) and not re.fullmatch(r"\{v\}: is \{v\}; .*", one)]
    assert missing == []


@pytest.mark.parametrize("path", sorted((ROOT / "features/recipe").glob("*.py")), ids=lambda path: path.name)
def test_what_is_wrong_with_a_recipe_has_its_french(path: Path) -> None:
    """Validators say the end of a sentence that names the section, the file and the key."""
    said = list(sentences_in(path, frozenset({"ValueError"})))
    ended = [f"recipe.toml: [lead] size {one}." for one in said]
    assert [one for one in ended if not is_told(one)] == []


def test_no_sentence_has_two_french_ones() -> None:
    keys = Counter(
        key for path in sorted((ROOT / "serving/words").glob("fr_*.toml")) if path.name != "fr_names.toml"
        for key in tomllib.loads(path.read_text(encoding="utf-8"))
    )  # fmt: skip
    assert [key for key, times in keys.items() if times > 1] == []


@pytest.mark.parametrize("name", SAID)
def test_what_is_found_and_judged_has_its_french(name: str) -> None:
    """Pieces of a sentence are told with it: those are looked for in the keys."""
    keys = keys_of()
    said = [one for one in literals_in(ROOT / name) if " " in one.strip() and not BITS.fullmatch(one)]
    missing = [
        one for one in said
        if not re.fullmatch(SAID[name], one) and not is_told(one)
        and not all(part.strip() in keys for part in one.split("{v}") if re.search("[a-z]{3}", part))
    ]  # fmt: skip
    assert said
    assert missing == []
