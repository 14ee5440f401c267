"""What comes back: chosen rows, a CRM's columns, dressed workbooks, a summary; cells as they were."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from features import LeadscoreError
from features.language import LANGUAGES
from serving.answer.ladder import Ladder
from serving.batch.export import score_export
from serving.returned import ADDED, BatchSummary, Selection, property_rows, report_page
from serving.returned.crms import crm_columns, templates
from tests.made import scorers
from tests.serving.test_outlook import outlook
from tests.serving.test_score_export import EVENTS, HEADER, NOW, ROWS, cells, ladder, written

__all__ = ["ladder"]
pytestmark = pytest.mark.slow

CRMS = sorted(templates().crm)
WILD = [["=1+1", "2026-02-01", "90", "@SUM(A1)", "+33", "-x@acme.io", "", "", "\t=cmd"]]


@pytest.fixture
def leads(tmp_path: Path) -> Path:
    return written(tmp_path / "leads.csv", HEADER, [*ROWS, *WILD])


@pytest.fixture
def events(tmp_path: Path) -> Path:
    return written(tmp_path / "events.csv", ["lead_id", "occurred_at", "kind"], EVENTS)


def run(ladder: Ladder, leads: Path, out: Path, events: Path | None = None, **asked: Any) -> BatchSummary:
    return score_export(
        scorers.recipe(), ladder, leads, out, events=events, as_of_us=NOW, selection=Selection(**asked)
    )


@pytest.mark.parametrize("asked", [
    {"by_rank": True}, {"top": 2}, {"top": 2, "by_rank": True}, {"only": "hot"}, {"top": 1000},
    {"only": "cold", "by_rank": True}, {"only": "warm", "top": 1},
], ids=str)  # fmt: skip
@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_rows_are_chosen_and_sorted_and_stay_whole(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path, asked: dict[str, Any], suffix: str
) -> None:
    run(ladder, leads, tmp_path / "all.csv", events)
    whole = cells(tmp_path / "all.csv")
    rank = pd.to_numeric(whole["ls_rank"])
    wanted = whole[whole["ls_maturity"] == asked["only"]] if "only" in asked else whole
    if "top" in asked:
        best = rank[wanted.index].dropna().sort_values(kind="stable").index[: asked["top"]]
        wanted = wanted.loc[sorted(best)]
    if asked.get("by_rank"):
        wanted = wanted.loc[rank[wanted.index].sort_values(kind="stable").index]
    out = tmp_path / f"some.{suffix}"
    summary = run(ladder, leads, out, events, **asked)
    assert summary.written == len(wanted)
    assert summary.rows == len(whole)
    assert read(out) == wanted.to_numpy().tolist()


def read(path: Path) -> list[list[str]]:
    if path.suffix == ".csv":
        return cells(path).to_numpy().tolist()  # type: ignore[no-any-return]
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        rows = [list(row.values()) for row in pq.read_table(path).to_pylist()]
    else:
        rows = [
            list(row) for row in openpyxl.load_workbook(path).active.iter_rows(min_row=2, values_only=True)
        ]
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def test_only_what_moved_since_a_former_output_comes_back(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    former, out = tmp_path / "former.csv", tmp_path / "out.csv"
    run(ladder, leads, former, events)
    assert run(ladder, leads, out, events, changed_since=former).written == 0
    assert cells(out).empty
    rows = [list(row) for row in [*ROWS, *WILD]]
    rows[7][2] = "5000"  # a copy no more: other cells under an id
    rows[9][2] = "4000"
    rows.append(["new", "2026-02-01", "8", "", "CEO", "", "", "", ""])
    later = written(tmp_path / "later.csv", HEADER, rows)
    run(ladder, later, out, events, changed_since=former)
    assert cells(out)["lead_id"].tolist() == ["b", "h", "new"]


def test_what_is_no_former_output_is_refused(ladder: Ladder, leads: Path, tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="has no column ls_status"):
        run(ladder, leads, tmp_path / "out.csv", changed_since=leads)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("crm", CRMS)
def test_a_crm_gets_its_columns_and_the_list_of_its_properties(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path, crm: str, language: Any
) -> None:
    run(ladder, leads, tmp_path / "plain.csv", events)
    run(ladder, leads, tmp_path / "crm.csv", events, crm=crm, language=language)
    plain, out = cells(tmp_path / "plain.csv"), cells(tmp_path / "crm.csv")
    columns = crm_columns(crm, language)
    assert list(out.columns) == [*HEADER, *columns.values()]
    assert out[HEADER].to_numpy().tolist() == plain[HEADER].to_numpy().tolist() == [*ROWS, *WILD]
    assert out[columns["ls_score"]].tolist() == plain["ls_score"].tolist()
    scored = plain["ls_probability"] != ""
    percent = pd.to_numeric(out.loc[scored, columns["ls_probability"]])
    assert percent.to_numpy() == pytest.approx(
        100 * pd.to_numeric(plain.loc[scored, "ls_probability"]).to_numpy()
    )
    moments = pd.to_datetime(out.loc[scored, columns["ls_as_of"]], format=templates().crm[crm].moment)
    assert set(moments.dt.date.astype(str)) == {"2026-03-02"}
    names = {row["name"] for row in property_rows(crm)} | {
        row[f"label_{language}"] for row in property_rows(crm)
    }
    assert set(columns.values()) <= names
    assert all(all(row[key] for key in row if not key.startswith("options")) for row in property_rows(crm))
    again = tmp_path / "again.csv"
    same = run(ladder, leads, again, events, crm=crm, language=language, changed_since=tmp_path / "crm.csv")
    assert same.written == 0


def test_every_crm_has_a_type_for_every_kind_and_names_are_distinct() -> None:
    kinds = {one.kind for one in (*templates().property, *templates().asked)}
    for crm, found in templates().crm.items():
        assert set(found.types) == kinds
        for language in LANGUAGES:
            assert len(set(crm_columns(crm, language).values())) == len(templates().property)
    assert {one.of for one in templates().property} <= set(ADDED)


def test_what_a_spreadsheet_would_run_is_defused_in_our_columns_and_left_in_theirs(
    ladder: Ladder, tmp_path: Path
) -> None:
    rows = [*WILD, ["b", "2026-02-01", "90", "", "", "-x@acme.io", "", "", "same address as =1+1"]]
    leads = written(tmp_path / "leads.csv", HEADER, rows)
    run(ladder, leads, tmp_path / "out.csv")
    out = cells(tmp_path / "out.csv")
    assert out[HEADER].to_numpy().tolist() == rows
    assert out["ls_same_person"].tolist() == ["", "'=1+1"]
    run(ladder, leads, tmp_path / "out.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    assert sheet.cell(2, 1).value == sheet.cell(3, len(HEADER) + len(ADDED)).value == "=1+1"


def test_a_workbook_comes_back_with_widths_filter_frozen_header_and_colours(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Export of March"])
    for row in [HEADER, *ROWS]:
        sheet.append(row)
    sheet.cell(3, 3).number_format = "0.00"
    book.create_sheet("Notes").append(["kept"])
    book.save(tmp_path / "leads.xlsx")
    run(ladder, tmp_path / "leads.xlsx", tmp_path / "copy.xlsx", events)
    run(ladder, leads, tmp_path / "new.xlsx", events, by_rank=True)
    copy = openpyxl.load_workbook(tmp_path / "copy.xlsx")
    assert copy["Notes"]["A1"].value == "kept"
    assert copy.active.cell(3, 3).number_format == "0.00"
    for name, header in (("copy", 2), ("new", 1)):
        found: Any = openpyxl.load_workbook(tmp_path / f"{name}.xlsx").active
        assert found.freeze_panes == f"A{header + 1}"
        assert found.auto_filter.ref.startswith(f"A{header}:")
        place = [cell.value for cell in found[header]].index("ls_maturity") + 1
        letter = openpyxl.utils.get_column_letter(place)
        rules = [rule for area in found.conditional_formatting for rule in area.rules]
        assert {rule.formula[0] for rule in rules} == {'"hot"', '"warm"', '"cold"'}
        assert all(str(area.sqref).startswith(letter) for area in found.conditional_formatting)
        assert 8 <= found.column_dimensions[letter].width <= 60


def test_the_summary_counts_what_the_file_says(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    summary = run(ladder, leads, tmp_path / "out.csv", events)
    out = cells(tmp_path / "out.csv")
    assert dict(summary.maturities) == out["ls_maturity"][out["ls_maturity"] != ""].value_counts().to_dict()
    assert sum(summary.scores.values()) == summary.known == (out["ls_score"] != "").sum()
    assert sum(summary.faults.values()) >= summary.errors == (out["error"] != "").sum()
    assert summary.expected == pytest.approx(pd.to_numeric(out["ls_probability"]).sum())
    assert {match.column: match.words for match in summary.columns}["company_size"].startswith("same name")
    page = report_page(summary)
    for text in ("hot", "Errors by kind", "company_size", "Who answered", "One person, several rows"):
        assert text in page
    for secret in ("a@acme.io", "VP Sales", "x@gmail.com"):
        assert secret not in page


def test_leads_that_are_others_than_in_training_are_told(ladder: Ladder, tmp_path: Path) -> None:
    def summed(sizes: list[int]) -> BatchSummary:
        rows = [
            [f"l{i}", "2026-02-01", str(size), "retail", "", "", "", "", ""] for i, size in enumerate(sizes)
        ]
        return run(ladder, written(tmp_path / "l.csv", HEADER, rows), tmp_path / "out.csv")

    alike = summed([5] * 400)
    assert alike.drift is not None
    assert alike.drift.psi > 0.25
    assert "far other" in alike.drift.words
    assert summed([5] * 20).drift is None
    beyond = summed([10**7] * 300)
    assert beyond.outside["company_size"] == 300


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("crm", CRMS)
def test_a_crm_gets_the_curve_and_the_value_where_a_recipe_asks(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path, crm: str, language: Any
) -> None:
    recipe, told = scorers.recipe(), replace(ladder, outlook=outlook())
    asks = {"horizons": (3, 7, 20, 30), "horizon_days": 30, "value": True}
    recipe = recipe.model_copy(update={"recipe": recipe.recipe.model_copy(update=asks)})

    def scored(name: str, **asked: Any) -> tuple[BatchSummary, pd.DataFrame]:
        given = {"events": events, "as_of_us": NOW, "selection": Selection(**asked)}
        return score_export(recipe, told, leads, tmp_path / name, **given), cells(tmp_path / name)

    (_, plain), (summary, out) = scored("p.csv"), scored("c.csv", crm=crm, language=language)
    columns = crm_columns(crm, language, summary.ours)
    assert list(out.columns) == [*HEADER, *columns.values()]
    more = set(columns) - set(crm_columns(crm, language))
    assert more == {name for name in plain.columns if name not in [*HEADER, *ADDED]}
    known = plain["ls_probability"] != ""
    for name in more:
        scale = 100 if name.startswith("ls_within") else 1
        cell = pd.to_numeric(out.loc[known, columns[name]]).to_numpy(float)
        assert cell == pytest.approx(scale * pd.to_numeric(plain.loc[known, name]).to_numpy(float), abs=1e-4)
    keys = {row["name"] if templates().crm[crm].header == "name" else row[f"label_{language}"]
            for row in property_rows(crm, summary.ours)}  # fmt: skip
    assert keys == set(columns.values())


def test_the_properties_are_written_for_spreadsheets(tmp_path: Path) -> None:
    from leadscore.handed_back import write_properties

    assert write_properties("salesforce", tmp_path / "p.csv") == len(templates().property)
    with (tmp_path / "p.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {"Leadscore_Score__c", "Leadscore_Next_Action__c"} <= {row["name"] for row in rows}
    assert "Probabilité de conversion" in {row["label_fr"] for row in rows}


def test_reasons_come_in_the_language_that_is_asked(
    ladder: Ladder, leads: Path, events: Path, tmp_path: Path
) -> None:
    for language in LANGUAGES:
        run(ladder, leads, tmp_path / f"{language}.csv", events, language=language)
    run(ladder, leads, tmp_path / "own.csv", events)
    said = {name: cells(tmp_path / f"{name}.csv")["ls_reasons_for"].tolist() for name in (*LANGUAGES, "own")}
    assert said["en"] == said["own"]
    assert [bool(text) for text in said["en"]] == [bool(text) for text in said["fr"]]
    assert said["en"] != said["fr"]
