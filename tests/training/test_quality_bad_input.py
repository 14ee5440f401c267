"""A recipe that cannot be trained says where it is wrong and what to do, before anything is fitted."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import pytest

from features import LeadscoreError
from features.recipe.file import parse_recipe
from training import train

LEADS, OUTCOMES = 'file = "leads.csv"', 'file = "outcomes.csv"'
RECIPE = f"""
[recipe]
name = "small"
horizon_days = 10
[tables.leads]
{LEADS}
[tables.outcomes]
{OUTCOMES}
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields.size]
type = "number"
[snapshots]
at_days = [0]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three hundred leads of 2024, a quarter of them won, and a table with two rows for each of five."""
    leads, outcomes = ["lead_id,created_at,size"], ["lead_id,stage,occurred_at"]
    for number in range(300):
        day = f"2024-{1 + number // 28 % 6:02d}-{1 + number % 28:02d}"
        leads.append(f"L{number},{day},{number % 7}")
        if number % 4 == 0:
            outcomes.append(f"L{number},won,{day}T12:00:00")
    labels = ["lead_id,label", *(f"L{number},{label}" for number in range(5) for label in "ab")]
    for name, lines in (("leads", leads), ("outcomes", outcomes), ("labels", labels)):
        (tmp_path / f"{name}.csv").write_text("\n".join(lines) + "\n")
    return tmp_path


def refused(text: str, folder: Path) -> LeadscoreError:
    """The error that training raises; it has both parts, and no cell of a lead."""
    with pytest.raises(LeadscoreError) as caught:
        train(parse_recipe(text), folder, tracking=False)
    assert caught.value.problem
    assert caught.value.remedy
    assert "L7" not in str(caught.value)
    return caught.value


def test_a_missing_file_is_named_with_its_table(folder: Path) -> None:
    error = refused(RECIPE.replace("leads.csv", "laeds.csv"), folder)
    assert str(folder / "laeds.csv") in error.problem
    assert "[tables] leads" in error.problem


def test_a_missing_file_of_a_select_is_named_with_its_table(folder: Path) -> None:
    error = refused(RECIPE.replace(LEADS, "sql = \"SELECT * FROM read_csv('nope.csv')\""), folder)
    assert "[tables] leads" in error.problem
    assert "nope.csv" in error.problem
    assert "data folder" in error.remedy


def test_a_missing_data_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "absent") in refused(RECIPE, tmp_path / "absent").problem


def test_a_join_that_multiplies_leads_is_refused_with_its_numbers(folder: Path) -> None:
    right = "LEFT JOIN read_csv('labels.csv') AS labels USING (lead_id)"
    join = f"SELECT * FROM read_csv('leads.csv') AS leads {right}"
    error = refused(RECIPE.replace(LEADS, f'sql = "{join}"'), folder)
    assert "[tables] leads" in error.problem
    assert "305 rows for 300 leads" in error.problem
    assert "'lead_id'" in error.problem
    assert "join on a key that is unique" in error.remedy


def test_a_join_that_keeps_one_row_a_lead_is_accepted(folder: Path) -> None:
    once = "(SELECT lead_id, max(label) AS label FROM read_csv('labels.csv') GROUP BY lead_id)"
    join = f"SELECT * FROM read_csv('leads.csv') LEFT JOIN {once} USING (lead_id)"
    run = train(parse_recipe(RECIPE.replace(LEADS, f'sql = "{join}"')), folder, tracking=False)
    assert ("leads kept", 300) in run.account


@pytest.mark.parametrize(
    ("split", "place"),
    [
        ('test_from = "2031-01-01"', "test_from '2031-01-01' leaves no matured row to judge on"),
        ('test_from = "2001-01-01"', "test_from '2001-01-01' leaves no row to fit on"),
        ('test_from = "2024-01-05"', "the first is known at 2024-01-11"),
        ('test_from = "2024-03-01"\ntest_until = "2024-02-01"', "test_until '2024-02-01'"),
        ('train_from = "2031-01-01"', "train_from '2031-01-01' leaves no lead"),
        ('history_end = "2001-01-01"', "history_end '2001-01-01' ends before the first lead"),
    ],
)
def test_a_split_date_outside_the_history_is_refused_with_the_span(
    folder: Path, split: str, place: str
) -> None:
    error = refused(f"{RECIPE}[split]\n{split}\n", folder)
    assert error.problem.startswith("recipe: [split] ")
    assert place in error.problem
    assert "2024-0" in str(error)
    assert error.remedy.startswith("Choose a")


@pytest.mark.parametrize("key", ["test_from", "train_from"])
def test_a_split_date_that_is_none_says_how_to_write_one(folder: Path, key: str) -> None:
    error = refused(f'{RECIPE}[split]\n{key} = "soon"\n', folder)
    assert f"[split] {key}" in error.problem
    assert "2025-01-31" in str(error)


def test_an_altered_file_is_refused_by_its_hash(folder: Path) -> None:
    path = folder / "leads.csv"
    expected = hashlib.sha256(path.read_bytes()).hexdigest()
    recipe = RECIPE.replace(LEADS, f'{LEADS}\nsha256 = {{ "leads.csv" = "{expected}" }}')
    assert ("leads kept", 300) in train(parse_recipe(recipe), folder, tracking=False).account
    path.write_text(path.read_text() + "L300,2024-06-28,1\n")
    error = refused(recipe, folder)
    assert str(path) in error.problem
    assert expected in error.problem
    assert "sha256" in error.remedy


def test_the_hash_of_a_packed_file_is_that_of_its_content(folder: Path) -> None:
    content = (folder / "leads.csv").read_bytes()
    expected = hashlib.sha256(content).hexdigest()
    packed = f'file = "leads.csv.gz"\nsha256 = {{ "leads.csv.gz" = "{expected}" }}'
    for level in (1, 9):
        (folder / "leads.csv.gz").write_bytes(gzip.compress(content, level))
        run = train(parse_recipe(RECIPE.replace(LEADS, packed)), folder, tracking=False)
        assert ("leads kept", 300) in run.account
