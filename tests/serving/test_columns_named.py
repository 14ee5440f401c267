"""An export whose columns are called otherwise is scored as if they had the names of the recipe."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from features import LeadscoreError
from serving.answer.ladder import Ladder
from serving.batch.export import score_export
from serving.batch.named_columns import nameable
from serving.returned import ADDED
from tests.made import scorers
from tests.serving.test_score_export import HEADER, NOW, ROWS, cells, ladder, written

__all__ = ["ladder"]
READ = nameable(scorers.recipe())


def scored(ladder: Ladder, leads: Path, columns: dict[str, str] | None = None) -> Any:
    out = leads.with_name(f"out-{leads.stem}.csv")
    out.unlink(missing_ok=True)
    score_export(scorers.recipe(), ladder, leads, out, as_of_us=NOW, columns=columns)
    return cells(out)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_names_do_not_matter_where_a_person_says_what_they_are(
    ladder: Ladder, tmp_path: Path, seed: int, kind: str
) -> None:
    names = [*HEADER, *(f"Colonne {n}" for n in range(3))]
    random.Random(seed).shuffle(names)
    called = names[: len(HEADER)]
    usual = scored(ladder, written(tmp_path / "usual.csv", HEADER, ROWS))
    odd = written(tmp_path / "odd.csv", called, ROWS)
    if kind == "parquet":
        cells(odd).to_parquet(odd := odd.with_suffix(".parquet"))
    columns = {field: called[HEADER.index(column)] for field, column in READ.items() if column in HEADER}
    found = scored(ladder, odd, columns)
    assert list(found.columns[: len(HEADER)]) == called
    for column in ADDED:
        if column not in ("ls_warnings", "error"):  # they may name a column
            assert found[column].tolist() == usual[column].tolist(), column


def test_a_field_may_be_read_from_no_column(ladder: Ladder, tmp_path: Path) -> None:
    leads = written(tmp_path / "leads.csv", HEADER, ROWS)
    without = [
        [cell for cell, name in zip(row, HEADER, strict=True) if name != "company_size"] for row in ROWS
    ]
    narrow = written(tmp_path / "narrow.csv", [name for name in HEADER if name != "company_size"], without)
    found, expected = scored(ladder, leads, {"company_size": ""}), scored(ladder, narrow)
    assert found["ls_probability"].tolist() == expected["ls_probability"].tolist()
    assert found["company_size"].tolist() == cells(leads)["company_size"].tolist()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"company_sise": "x"}, "reads no field 'company_sise'"),
        ({"company_size": "nowhere"}, "has no column 'nowhere'"),
        ({"company_size": "industry", "title": "industry"}, "named for two fields"),
    ],
)
def test_what_cannot_be_is_said(ladder: Ladder, tmp_path: Path, columns: dict[str, str], words: str) -> None:
    with pytest.raises(LeadscoreError, match=words):
        scored(ladder, written(tmp_path / "leads.csv", HEADER, ROWS), columns)
