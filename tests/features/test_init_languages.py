"""Exports in languages whose words are known, and in words that nobody knows: cells say how cases ended."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
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


def written(
    folder: Path,
    names: tuple[str, ...],
    extra: dict[str, list[str]] | None = None,
    stages: Sequence[int] | None = None,
) -> Path:
    """A list of 400 leads: the names of id, creation, stage, end; the words for won, lost, open, new."""
    rng = np.random.default_rng(3)
    created = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 600, N)), unit="D")
    stages = stage_numbers() if stages is None else stages
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
    """Won, lost, open, and in lists of four stages new; of the newest tenth none has ended yet."""
    stages = np.random.default_rng(8).choice(4, N, p=[0.2, 0.3, 0.3, 0.2])
    newest = np.arange(N) >= 0.9 * N
    return [int(n) for n in np.where(newest, 2 + stages % 2, stages)]


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


def filled(stages: Sequence[int], own: Sequence[int]) -> list[str]:
    """Amounts of the leads at these stages."""
    return [f"{10.5 * n}" if stage in own else "" for n, stage in enumerate(stages)]


@settings(max_examples=10, deadline=None, phases=[Phase.generate])
@given(WORDS)
def test_unknown_words_are_told_by_what_is_filled(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    more = {words[8]: filled(stage_numbers(), [0])}
    discovery, recipe = found(written(tmp_path_factory.mktemp("unknown"), tuple(words[:8]), more))
    outcomes = recipe.outcomes
    assert (outcomes.column, outcomes.won, outcomes.lost) == (words[2], (words[4],), (words[5],))
    assert outcomes.occurred_at == words[3]
    guessed = {guess.question: guess for guess in discovery.guesses}
    assert guessed["outcome"].certainty == guessed["won"].certainty == "a guess"
    assert words[8] in guessed["won"].why
    assert words[5] in guessed["won"].others
    assert words[8] not in {field.column for field in recipe.lead.fields.values()}


POLISH = ("Nr", "Data utworzenia", "Stan", "Data zamknięcia", "Wygrana", "Przegrana", "W toku", "Nowy")


@pytest.mark.parametrize(
    "more",
    [
        {"Kod": [str(n % 8 + 1) if stage == 1 else "" for n, stage in enumerate(stage_numbers())]},
        {"Kwota": filled(stage_numbers(), [0]), "Cena rywala": filled(stage_numbers(), [1])},
        {"Kwota": filled(stage_numbers(), [0, 1])},
        {"Kwota": filled(stage_numbers(), [0, 2])},
        {"Powód": ["cena" if stage == 1 else "" for stage in stage_numbers()]},
    ],
    ids=["codes of a reason", "two amounts", "an amount of all ends", "an amount of open ones", "words"],
)
def test_what_does_not_tell_won_from_lost_is_asked(more: dict[str, list[str]], tmp_path: Path) -> None:
    with pytest.raises(OutcomeNotFoundError) as refused:
        found(written(tmp_path, POLISH, more))
    assert set(refused.value.options[:2]) == {"Stan=Wygrana", "Stan=Przegrana"}


def test_a_kind_of_lead_that_has_a_date_is_no_end(tmp_path: Path) -> None:
    kinds = [int(n) for n in np.random.default_rng(4).choice(4, N)]
    names = ("Nr", "Erfasst am", "Kanal", "Termin", "Messe", "Seminar", "Web", "Brief")
    path = written(tmp_path, names, {"Betrag X": filled(kinds, [0])}, kinds)
    with pytest.raises(OutcomeNotFoundError):
        found(path)


def test_an_early_milestone_dates_no_win(tmp_path: Path) -> None:
    """Where the words are known and open cases have the date too."""
    names = ("Lead ID", "Created on", "Status", "First response", "Won", "Working", "New", "Lost")
    _, recipe = found(written(tmp_path, names))
    assert (recipe.outcomes.won, recipe.outcomes.lost) == (("Won",), ("Lost",))
    assert recipe.outcomes.occurred_at != "First response"


def test_what_is_called_an_outcome_goes_first(tmp_path: Path) -> None:
    flag = ["yes" if n % 5 == 0 else "no" for n in range(N)]
    more = {"Kwota": filled(stage_numbers(), [0]), "has_converted_flag": flag}
    _, recipe = found(written(tmp_path, POLISH, more))
    assert recipe.outcomes.column == "has_converted_flag"


def test_where_nothing_tells_won_from_lost_both_are_offered_first(tmp_path: Path) -> None:
    with pytest.raises(OutcomeNotFoundError) as refused:
        found(written(tmp_path, POLISH))
    assert set(refused.value.options[:2]) == {"Stan=Wygrana", "Stan=Przegrana"}


@pytest.mark.parametrize(
    "word",
    [
        "potential customer",
        "cliente potencial",
        "potenzieller Kunde",
        "client futur",
        "no vendido",
        "SIM only",
    ],
)
def test_who_might_become_a_customer_is_none(word: str) -> None:
    assert not reads_as_won(word)


@pytest.mark.parametrize(
    "word",
    ["Gagné en mai", "Kunde seit Mai", "Client perso", "Signé sem. 12", "Won sin compromiso",
     "Won - potential upsell", "Won (future start)", "Converted to Potential", "sim", "sí", "vero"],
)  # fmt: skip
def test_a_won_case_stays_one_whatever_stands_beside_it(word: str) -> None:
    assert reads_as_won(word)
