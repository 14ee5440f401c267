"""Exports in languages whose words are known, and in words that nobody knows: cells say how cases ended."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.discovery.discover import Discovery, discover
from features.outcome import OutcomeNotFoundError
from features.profiles import reads_as_won
from features.recipe.file import parse_recipe
from features.recipe.recipe import Recipe

N = 400
KNOWN = {
    "German": "Datensatz-Nr.|Erstellt am|Status|Abschlussdatum|Gewonnen|Verloren|Offen",
    "Spanish": "Id. de prospecto|Fecha de creación|Estado|Fecha de cierre|Ganado|Perdido|En curso",
    "Italian": "Codice|Data creazione|Stato|Data chiusura|Vinta|Persa|Aperta",
    "Portuguese": "Código|Data de criação|Etapa|Data de fechamento|Ganho|Perdido|Em aberto",
    "Dutch": "Leadnummer|Aangemaakt op|Status|Sluitingsdatum|Verkocht|Geen interesse|Nieuw",
}
WORDS = st.lists(
    st.text("bcdfghjklmpqrstvwxząęłńśżéßőдйжшעש", min_size=4, max_size=9), min_size=9, max_size=9, unique=True
)


def written(folder: Path, names: tuple[str, ...], extra: dict[str, list[str]] | None = None) -> Path:
    """A list of 400 leads: the names of id, creation, stage, end; the words for won, lost, open, new."""
    rng = np.random.default_rng(3)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 600, N)), unit="D")
    stages = stage_numbers()
    words = [*names[4:], "?"] if len(names) == 7 else list(names[4:8])
    ended = created + pd.to_timedelta(rng.exponential(20, N) + 1, unit="D")
    table = {
        names[0]: [f"K-{n * 7:05d}" for n in range(N)],
        names[1]: created.strftime("%Y-%m-%d %H:%M:%S"),
        names[2]: [words[stage] for stage in stages],
        names[3]: [f"{day:%Y-%m-%d}" if stage < 2 else "" for day, stage in zip(ended, stages, strict=True)],
        "Zahl 1": rng.poisson(5, N),
    }  # fmt: skip
    path = folder / "list.csv"
    pd.DataFrame(table | (extra or {})).to_csv(path, index=False)
    return path


def stage_numbers() -> list[int]:
    """Won, lost, open, and in lists of four stages new."""
    return [int(n) for n in np.random.default_rng(8).choice(4, N, p=[0.2, 0.3, 0.3, 0.2])]


def found(path: Path) -> tuple[Discovery, Recipe]:
    discovery = discover([path], folder=path.parent)
    return discovery, parse_recipe(discovery.recipe_toml)


@pytest.mark.parametrize("language", KNOWN)
def test_words_of_these_languages_are_read(language: str, tmp_path: Path) -> None:
    discovery, recipe = found(written(tmp_path, tuple(KNOWN[language].split("|"))))
    _, created, stage, ended, won, lost, _ = KNOWN[language].split("|")
    assert recipe.outcomes.column == stage
    assert (recipe.outcomes.won, recipe.outcomes.lost) == ((won,), (lost,))
    assert recipe.outcomes.occurred_at == ended
    assert recipe.lead.created_at == created
    sure = {guess.question: guess.certainty for guess in discovery.guesses}
    assert sure["won"] == "sure"


@settings(max_examples=15, deadline=None)
@given(WORDS, st.booleans())
def test_unknown_words_are_told_by_what_is_filled(
    tmp_path_factory: pytest.TempPathFactory, words: list[str], amounts: bool
) -> None:
    stages = stage_numbers()
    own, other = (0, "amount") if amounts else (1, "reason")
    cells = [str(10.5 * n) if own == 0 else ("too dear", "no time")[n % 2] for n in range(N)]
    more = {words[8]: [cell if stage == own else "" for cell, stage in zip(cells, stages, strict=True)]}
    path = written(tmp_path_factory.mktemp(other), tuple(words[:8]), more)
    discovery, recipe = found(path)
    outcomes = recipe.outcomes
    assert (outcomes.column, outcomes.won, outcomes.lost) == (words[2], (words[4],), (words[5],))
    assert outcomes.occurred_at == words[3]
    sure = {guess.question: guess for guess in discovery.guesses}
    assert sure["outcome"].certainty == ("likely" if amounts else "a guess")
    assert words[8] in sure["won"].why
    assert words[5] in sure["won"].others
    assert words[8] not in {field.column for field in recipe.lead.fields.values()}


def test_where_nothing_tells_won_from_lost_both_are_offered_first(tmp_path: Path) -> None:
    names = ("Nr", "Data utworzenia", "Stan", "Data zamknięcia", "Wygrana", "Przegrana", "W toku", "Nowy")
    with pytest.raises(OutcomeNotFoundError) as refused:
        found(written(tmp_path, names))
    assert set(refused.value.options[:2]) == {"Stan=Wygrana", "Stan=Przegrana"}


@pytest.mark.parametrize(
    "word", ["potential customer", "cliente potencial", "potenzieller Kunde", "no vendido"]
)
def test_who_might_become_a_customer_is_none(word: str) -> None:
    assert not reads_as_won(word)
