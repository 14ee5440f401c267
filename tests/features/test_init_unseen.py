"""Exports of kinds that were tried and misread once: each is now understood, or asks a question."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import isfinite
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from features import default_features, read_tables
from features.cells.written import number
from features.clock.instants import to_us
from features.discovery.discover import Discovery, discover
from features.discovery.findings import Finding, fold_empty
from features.errors import LeadscoreError
from features.profiles.recognise import find_format
from features.recipe.file import parse_recipe
from features.recipe.recipe import Recipe
from features.snapshots import snapshots
from leadscore import main
from training import train

N = 400
DAYS = [datetime(2024, 1, 1) + timedelta(days=n) for n in range(N)]
WON = [n % 4 == 0 for n in range(N)]


def found(folder: Path, **columns: Sequence[object]) -> tuple[Discovery, Recipe]:
    """What `discover` makes of a CSV with these columns; an underscore in a name is a space."""
    path = folder / "list.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow([name.replace("_", " ") for name in columns])
        writer.writerows(zip(*columns.values(), strict=True))
    discovery = discover([path], folder=folder)
    return discovery, parse_recipe(discovery.recipe_toml)


def of(values: Sequence[object]) -> list[object]:
    """`values` over and over, as long as a column."""
    return [values[n % len(values)] for n in range(N)]


SIZE = of(range(7))
KEY = [f"K-{n * 7:05d}" for n in range(N)]


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[-+0-9.,eEkKmMbn €$%()]{0,14}", fullmatch=True)))
def test_any_text_is_a_finite_number_or_none(text: str) -> None:
    for decimal in (".", ","):
        value = number(text, decimal)
        assert value is None or isfinite(value)


@pytest.mark.parametrize("code", ["E6701535366", "12E45678", ".e5", "1e999"])
def test_codes_with_an_e_are_no_numbers(code: str) -> None:
    assert number(code) is None


def test_small_rates_are_no_phone_numbers() -> None:
    rates = pd.Series([f"0.{n:06d}" for n in range(40_000, 40_300)], dtype=object)
    assert find_format(rates, "BounceRates").type == "number"
    phones = pd.Series([f"06{n:08d}" for n in range(300)], dtype=object)
    assert find_format(phones, "contact").type == "phone"


@pytest.mark.parametrize(
    ("name", "values", "won", "lost"),
    [
        ("Call_Result", ["Sale", "No Sale", "Callback", "No Answer"], ("Sale",), {"No Sale", "No Answer"}),
        ("ProdTaken", ["1", "0", "0"], ("1",), {"0"}),
        ("closed_won", ["closed_won", "closed_lost"], ("closed_won",), {"closed_lost"}),
        ("Statut", ["Signé", "Sans suite", "Perdu"], ("Signé",), {"Sans suite", "Perdu"}),
        ("Status", ["Qualified", "Disqualified", "Open"], ("Qualified",), {"Disqualified"}),
        ("Revenue", ["TRUE", "FALSE", "FALSE"], ("TRUE",), {"FALSE"}),
    ],
)
def test_outcomes_by_many_names_are_found(
    tmp_path: Path, name: str, values: list[str], won: tuple[str, ...], lost: set[str]
) -> None:
    _, recipe = found(tmp_path, code=KEY, size=SIZE, **{name: of(values)})
    assert recipe.outcomes.column == name.replace("_", " ")
    assert recipe.outcomes.won == won
    assert set(recipe.outcomes.lost) >= lost


def test_a_last_column_of_a_list_of_people_is_no_outcome(tmp_path: Path) -> None:
    people = [f"p{n}@firm{n}.org" for n in range(N)]
    with pytest.raises(LeadscoreError, match="Newsletter"):
        found(tmp_path, code=KEY, mail=people, size=SIZE, Newsletter=of(["Oui", "Non"]))


def test_classes_numbered_from_one_are_no_outcome(tmp_path: Path) -> None:
    with pytest.raises(LeadscoreError, match="no column looks like the outcome"):
        found(tmp_path, code=KEY, size=SIZE, customer_class=of([1, 2, 3]), colour=of(["red", "blue"]))


@pytest.mark.parametrize("name", ["uid", "N° prospect", "who", "Call Ref"])
def test_an_id_is_found_under_any_name(tmp_path: Path, name: str) -> None:
    _, recipe = found(tmp_path, **{name: KEY, "size": SIZE, "converted": of([1, 0, 0])})
    assert recipe.lead.id == name


def test_a_date_that_only_won_leads_have_dates_the_win(tmp_path: Path) -> None:
    won_at = [f"{DAYS[n] + timedelta(days=9):%Y-%m-%d}" if WON[n] else "" for n in range(N)]
    discovery, recipe = found(
        tmp_path, code=KEY, began=[f"{day:%Y-%m-%d}" for day in DAYS], size=SIZE,
        zeta=won_at, converted=[int(won) for won in WON],
    )  # fmt: skip
    assert (recipe.lead.created_at, recipe.outcomes.occurred_at) == ("began", "zeta")
    assert discovery.suspects == ()
    assert any("0 means lost, without a date" in remark for remark in discovery.remarks)


def test_wins_dated_by_the_day_lie_within_the_proposed_horizon(tmp_path: Path) -> None:
    signed = [f"{DAYS[n] + timedelta(days=30):%d/%m/%Y}" if WON[n] else "" for n in range(N)]
    _, recipe = found(
        tmp_path, numero=KEY, date_de_contact=[f"{day:%d/%m/%Y}" for day in DAYS], taille=SIZE,
        statut=["Signé" if won else "Perdu" for won in WON], date_de_signature=signed,
    )  # fmt: skip
    assert recipe.outcomes.lost == ("Perdu",)  # closed today, though nobody knows since when
    looked = snapshots(recipe, read_tables(recipe, tmp_path))
    matured = looked.frame[looked.frame["matured"]]
    assert matured["label"].mean() == pytest.approx(0.25, abs=0.02)
    assert any("lost leads without a date" in warning for warning in looked.account.warnings)


def test_a_date_of_losses_knows_the_outcome_by_being_filled(tmp_path: Path) -> None:
    moments = [f"{day + timedelta(days=5):%Y-%m-%d %H:%M:%S}" for day in DAYS]
    discovery, _ = found(
        tmp_path, code=KEY, created=[f"{day:%Y-%m-%d %H:%M:%S}" for day in DAYS], size=SIZE,
        won_time=[at if won else "" for at, won in zip(moments, WON, strict=True)],
        lost_time=["" if won else at for at, won in zip(moments, WON, strict=True)],
        status=["won" if won else "lost" for won in WON],
    )  # fmt: skip
    assert [(suspect.column, suspect.kind) for suspect in discovery.suspects] == [
        ("lost time", "filled by the outcome")
    ]


def test_every_remark_fits_its_column(tmp_path: Path) -> None:
    discovery, _ = found(
        tmp_path, code=KEY, created=[f"{day:%Y-%m-%d}" for day in DAYS], size=SIZE, empty=of([""]),
        constant=of(["x"]), stage=["Won" if won else "Lost" for won in WON],
    )  # fmt: skip
    remarks = {finding.column: finding.remark for finding in discovery.findings}
    assert remarks["stage"] == remarks["code"] == remarks["size"] == ""
    assert (remarks["empty"], remarks["constant"]) == ("not used: no values", "not used: one value only")


def _trained(folder: Path, recipe: Recipe) -> tuple[str, str, str]:
    """Verdict, reasons and recommendation of a run on the list in `folder`."""
    run = train(recipe, folder, tracking=False, out=folder / "out")
    return run.verdict, " ".join(run.summary.reasons), run.summary.recommendation


def test_without_a_field_and_a_date_there_is_nothing_to_learn(tmp_path: Path) -> None:
    discovery, recipe = found(tmp_path, code=KEY, x=of([1, 0, 0, 0]), converted=of([1, 0, 0, 0]))
    assert [suspect.column for suspect in discovery.suspects] == ["x"]
    verdict, reasons, advice = _trained(tmp_path, recipe)
    assert (verdict, "there is no column to predict from" in reasons) == ("nothing_to_learn", True)
    assert "Let the rules answer" in advice
    assert "Missing: columns known when a lead came" in advice


@pytest.mark.parametrize(
    ("days", "share", "missing"),
    [
        (30, 4, "an older history, or a smaller [recipe] horizon_days"),
        (400, 40, "more converted leads that are old enough"),
    ],
)
def test_what_is_missing_is_said(tmp_path: Path, days: int, share: int, missing: str) -> None:
    days_apart = np.linspace(0, days, N)
    created = [datetime(2024, 1, 1) + timedelta(days=float(day)) for day in days_apart]
    _, recipe = found(
        tmp_path, code=KEY, created=[f"{moment:%Y-%m-%d %H:%M}" for moment in created], size=SIZE,
        won=["yes" if n % share == 0 else "no" for n in range(N)],
    )  # fmt: skip
    recipe = recipe.model_copy(update={"recipe": recipe.recipe.model_copy(update={"horizon_days": 60})})
    verdict, _, advice = _trained(tmp_path, recipe)
    assert verdict == "nothing_to_learn"
    assert missing in advice


def test_a_workbook_of_leads_and_activities_is_read_from_init_to_tables(tmp_path: Path) -> None:
    book = Workbook()
    leads, visits = book.create_sheet("Leads"), book.create_sheet("Activities")
    leads.append(["Lead ID", "Created", "Size", "Status", "Closed"])
    visits.append(["Lead ID", "Activity", "Date"])
    for n, day in enumerate(DAYS):
        leads.append([KEY[n], day, SIZE[n], "Won" if WON[n] else "Lost", day + timedelta(days=12)])
        visits.append([KEY[n], "Visit", day + timedelta(days=1)])
        visits.append([KEY[n], "Email open", day + timedelta(days=2)])
    book.save(tmp_path / "crm.xlsx")
    discovery = discover([tmp_path / "crm.xlsx"], folder=tmp_path)
    recipe = parse_recipe(discovery.recipe_toml)
    assert (recipe.tables.leads.file, recipe.outcomes.occurred_at) == ("crm.xlsx#Leads", "Closed")
    tables = read_tables(recipe, tmp_path)
    assert tables.events is not None
    assert tables.events.select("row").to_pyarrow().num_rows == 2 * N


def test_examples_of_people_are_masked_whatever_their_column_holds(tmp_path: Path) -> None:
    discovery, _ = found(
        tmp_path, code=KEY, Sales_owner=of(["Claire Petit", "Tom Baker"]), size=SIZE,
        Contact_name=of(["Ann", "Bob"]),
        mail=[f"ann{n % 90}@firm.org" for n in range(N)], won=of(["yes", "no"]),
    )  # fmt: skip
    shown = str(discovery.as_dict())
    assert not [text for text in ("Claire", "Baker", "Ann", "firm.org", "K-0") if text in shown]


def test_many_empty_columns_are_one_sentence() -> None:
    rows = [Finding("t", f"c{n}", "empty", 0.0, 0, "", "not used: no values") for n in range(298)]
    used = Finding("t", "size", "number", 1.0, 7, "3", "")
    kept, words = fold_empty([*rows, used])
    assert kept == [used]
    assert words == "298 columns without a value are not listed: c0, c1, c2, …"
    assert fold_empty([*rows[:2], used]) == ([*rows[:2], used], None)


def test_a_birthday_is_no_creation(tmp_path: Path) -> None:
    born = [f"19{60 + n % 40}-03-{n % 28 + 1:02d}" for n in range(N)]
    _, recipe = found(tmp_path, code=KEY, date_of_birth=born, size=SIZE, won=of(["yes", "no"]))
    assert recipe.lead.created_at is None


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("empty.csv", b"", "is empty"),
        ("narrow.csv", b"won\n1\n0\n", "one column"),
        ("picture.csv", bytes(range(256)) * 40, "binary bytes"),
        ("locked.xlsx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "password"),
        ("ticked.csv", b"id,size,won\n1,3,x\n2,4,\n3,5,x\n", "an empty outcome is unknown"),
        ("won.csv", b"id,size,won\n1,3,yes\n2,4,yes\n", "one value only"),
        ("later.csv", b"id,created,size,won\n1,2999-01-01,2,yes\n2,2999-01-02,3,no\n", "in the future"),
    ],
)
def test_the_command_says_what_is_wrong_and_what_to_do(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = CliRunner().invoke(main, ["init", str(path), "-o", str(tmp_path / "recipe.toml")])
    assert done.exit_code == 2
    problem, _, remedy = done.stderr.partition("Error: ")[2].strip().partition("\n\n")
    assert says in " ".join(problem.split())
    assert remedy
    assert not (tmp_path / "recipe.toml").exists()


def test_an_outcome_among_the_events_becomes_a_table_of_its_own(tmp_path: Path) -> None:
    people = pd.DataFrame(
        {"uid": KEY, "signed_up": [f"{day:%Y-%m-%d}" for day in DAYS], "plan": of(["a", "b", "c"])}
    )
    events = [(key, "visit", day + timedelta(days=1)) for key, day in zip(KEY, DAYS, strict=True)]
    events += [(KEY[n], "purchased", DAYS[n] + timedelta(days=5)) for n in range(N) if WON[n]]
    people.to_csv(tmp_path / "people.csv", index=False)
    pd.DataFrame(events, columns=["uid", "action", "at"]).to_csv(tmp_path / "activity.csv", index=False)
    files = [tmp_path / "people.csv", tmp_path / "activity.csv"]
    with pytest.raises(LeadscoreError, match=r"activity.csv: action \(purchased\)"):
        discover(files, folder=tmp_path)
    recipe = parse_recipe(discover(files, folder=tmp_path, outcome="action=purchased").recipe_toml)
    assert recipe.events is not None
    assert (set(recipe.events.kinds), recipe.outcomes.won) == ({"visit"}, ("purchased",))
    tables = read_tables(recipe, tmp_path)
    assert tables.events is not None
    assert tables.outcomes is not None
    assert tables.events.select("row").to_pyarrow().num_rows == N
    assert tables.outcomes.select("row").to_pyarrow().num_rows == sum(WON)


def test_day_counts_beside_dates_as_text_are_the_time_of_the_leads(tmp_path: Path) -> None:
    epoch = datetime(1899, 12, 30)
    came = [str((day - epoch).days) if n % 3 else day.strftime("%d/%m/%Y") for n, day in enumerate(DAYS)]
    status = ["Won" if won else "Lost" for won in WON]
    discovery, recipe = found(tmp_path, Reference=KEY, Size=SIZE, Received=came, Status=status)
    assert (recipe.lead.created_at, recipe.lead.created_format) == ("Received", "excel_dmy")
    assert any("Received" in remark and "day counts" in remark for remark in discovery.remarks)
    read = read_tables(recipe, tmp_path).leads.order_by("row").select("created_us").to_pyarrow()
    assert read["created_us"].to_pylist() == [to_us(day.replace(tzinfo=UTC)) for day in DAYS]


def test_a_date_in_too_many_ways_of_writing_is_said(tmp_path: Path) -> None:
    ways = ("%d/%m/%Y", "%Y-%m-%d", "%m/%d/%Y 2:05 PM", "week %W of %Y")
    came = [day.strftime(ways[n % 4]) for n, day in enumerate(DAYS)]
    status = ["Won" if won else "Lost" for won in WON]
    discovery, _ = found(tmp_path, Reference=KEY, Size=SIZE, Came=came, Status=status)
    remark = next(finding.remark for finding in discovery.findings if finding.column == "Came")
    assert "cells are dates, written in several ways" in remark


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        (("yes", "no", "no", "no"), "Result=yes"),
        (("1", "0", "0", "0"), "Result=1"),
        (("Deal", "No deal", "No deal", "No deal"), "Result=Deal"),
        (("Won", "Lost", "Open", "Contacted"), "Result=Won"),
    ],
)
@pytest.mark.parametrize("key", ["Lead", "Account ID", "Age"])
def test_a_dated_list_is_no_log_because_its_outcome_is_told(
    ends: tuple[str, ...], told: str, key: str, tmp_path: Path
) -> None:
    own = {"Lead ID": KEY} if key != "Age" else {}
    account = {"Account ID": [f"A{n * 7 % 90:03d}" for n in range(N)]} if key == "Account ID" else {}
    columns = own | account | {"Created At": DAYS, "Age": of(range(20, 61)), "Result": of(ends)}
    path = tmp_path / "list.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    recipe = parse_recipe(discover([path], outcome=told, folder=tmp_path).recipe_toml)
    assert recipe.events is None
    assert recipe.lead.id == ("Lead ID" if own else None)
    assert recipe.lead.created_at == "Created At"
    assert "Age" in recipe.lead.fields


def test_companies_and_titles_that_recur_are_levels(tmp_path: Path) -> None:
    ended = of(["won", "lost", "lost", "lost", "lost", "won", "lost"])
    recurring = {
        "Job_Title": of(["Teacher", "Sales Manager", "Roofer"]),
        "Company": of(["Nova", "Alpi SA", "Terra"]),
    }
    lone = {name: [f"{cells[n]} {n}" for n in range(N)] for name, cells in recurring.items()}
    _, recipe = found(tmp_path, Lead_ID=KEY, **recurring, Size=SIZE, Result=ended)
    assert [recipe.lead.fields[name].type for name in ("job_title", "Company")] == ["text", "category"]
    read = {feature.name: feature.dtype for feature in default_features(recipe)}
    assert (read["job_title"], read["Company"]) == ("category", "category")
    assert "job_title_has_manager" in read
    _, recipe = found(tmp_path, Lead_ID=KEY, **lone, Size=SIZE, Result=ended)
    read = {feature.name: feature.dtype for feature in default_features(recipe)}
    assert not {"job_title", "Company"} & set(read)


@pytest.mark.parametrize("back", [True, False])
def test_an_account_is_a_level_where_its_leads_come_again(back: bool, tmp_path: Path) -> None:
    accounts = [f"A{n % 20 if back else n // 20:02d}" for n in range(N)]
    ended = of(["won", "lost", "lost"])
    _, recipe = found(tmp_path, Lead_ID=KEY, Created_At=DAYS, Account_ID=accounts, Size=SIZE, Result=ended)
    assert recipe.lead.account_id == "Account ID"
    assert ("account" in recipe.lead.fields) == back
    if back:
        assert recipe.lead.fields["account"].column == "Account ID"


@pytest.mark.parametrize(("apart", "season"), [(1, False), (3, True)])
def test_seasons_are_read_where_years_have_shown_them(apart: int, season: bool, tmp_path: Path) -> None:
    days = [DAYS[0] + timedelta(days=n * apart) for n in range(N)]
    _, recipe = found(tmp_path, Lead_ID=KEY, Created_At=days, Size=SIZE, Result=of(["won", "lost", "lost"]))
    assert recipe.features.season == season


def test_the_day_of_birth_is_read_where_no_date_says_when_leads_came(tmp_path: Path) -> None:
    born = [DAYS[n * 7 % N] - timedelta(days=20_000) for n in range(N)]
    ended = of(["won", "lost", "lost"])
    discovery, recipe = found(tmp_path, Lead_ID=KEY, Date_of_birth=born, Size=SIZE, Result=ended)
    assert not recipe.dated, discovery.remarks
    assert {"date_of_birth_day", "date_of_birth_filled"} <= {one.name for one in default_features(recipe)}
