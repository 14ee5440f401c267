"""From an export that nobody has seen to a recipe that trains, or to a question that says its options."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features import read_tables
from features.discovery.discover import Discovery, discover
from features.discovery.event_meaning import meaning
from features.errors import LeadscoreError
from features.profiles.presets import match, presets, recognise
from features.recipe.file import load_recipe, parse_recipe
from features.recipe.recipe import Recipe
from features.snapshots import snapshots
from tests.made.exports import hubspot, salesforce_french, spreadsheet, undated
from training import train

SHARED = Path(os.environ.get("LEADSCORE_SHARED_DATA", "../shared/data"))


def found(path: Path, **options: object) -> tuple[Discovery, Recipe]:
    discovery = discover([path], folder=path.parent, **options)  # type: ignore[arg-type]
    return discovery, parse_recipe(discovery.recipe_toml)


def suspects(discovery: Discovery) -> set[str]:
    return {suspect.column for suspect in discovery.suspects}


def test_hubspot_contacts_are_recognised_by_their_labels(tmp_path: Path) -> None:
    discovery, recipe = found(hubspot(tmp_path))
    assert (recipe.lead.id, recipe.lead.created_at) == ("Record ID", "Create Date")
    assert (recipe.outcomes.column, recipe.outcomes.won) == ("Lifecycle Stage", ("Customer",))
    assert recipe.outcomes.occurred_at == "Close Date"
    assert set(recipe.lead.fields) == {"email", "job_title", "employees", "original_source"}
    assert recipe.lead.fields["original_source"].means == "origin"
    assert suspects(discovery) == {"Recent Deal Amount", "Number of Associated Deals"}
    assert recipe.snapshots.at_days == (0,)


def test_french_salesforce_leads_are_recognised_and_read(tmp_path: Path) -> None:
    discovery, recipe = found(salesforce_french(tmp_path))
    assert (recipe.lead.created_at, recipe.lead.created_format) == ("Date de création", "dmy")
    assert recipe.lead.fields["revenue"].format == "decimal_comma"
    assert (recipe.outcomes.column, recipe.outcomes.won) == ("Convertie", ("1",))
    assert recipe.outcomes.occurred_format == "dmy"
    assert suspects(discovery) == {"Statut de la piste"}
    assert [count for _, kind, count, _ in discovery.quality if "below" in kind] == [2]


def test_a_recipe_can_be_read_whatever_cells_and_columns_say(tmp_path: Path) -> None:
    """A line break in a stage once ended its comment, and a column in Chinese was a bare key."""
    stages = ["Won", "Lost", "Waiting\nfor the board", "Open\t\x01\x7f[x]"]
    rows = pd.DataFrame(
        {
            "Id": [f"L{i}" for i in range(240)],
            "Created": [f"2024-{1 + i // 26:02d}-{1 + i % 26:02d}" for i in range(240)],
            "规模": [("a", "b\\", 'c"""')[i % 3] for i in range(240)],
            "Stage": [stages[i % 4] for i in range(240)],
        }
    )
    rows.to_csv(tmp_path / "leads.csv", index=False)
    discovery, recipe = found(tmp_path / "leads.csv")
    assert "# neither, as yet: " in discovery.recipe_toml
    assert set(recipe.lead.fields) == {"规模"}
    assert (recipe.outcomes.won, recipe.outcomes.lost) == (("Won",), ("Lost",))


def test_a_list_without_dates_newest_first(tmp_path: Path) -> None:
    discovery, recipe = found(undated(tmp_path))
    assert not recipe.dated
    assert recipe.lead.order == "Lead Number"
    assert recipe.outcomes.at_once
    assert recipe.lead.fields["Specialization"].missing == ("Select",)
    assert suspects(discovery) == {"Tags"}
    assert "Magazine" not in recipe.lead.fields


def test_a_spreadsheet_with_title_and_total(tmp_path: Path) -> None:
    _, recipe = found(spreadsheet(tmp_path))
    assert (recipe.lead.id, recipe.lead.created_at) == ("N°", "Date contact")
    assert (recipe.outcomes.won, recipe.outcomes.lost) == (("gagné",), ("perdu",))
    assert set(recipe.lead.fields) == {"Entreprise", "Taille", "Canal"}


@pytest.mark.slow
@pytest.mark.parametrize("make", [hubspot, salesforce_french, undated, spreadsheet])
def test_init_then_train_runs_unattended(tmp_path: Path, make: object) -> None:
    path = make(tmp_path)  # type: ignore[operator]
    (tmp_path / "recipe.toml").write_text(found(path)[0].recipe_toml, encoding="utf-8")
    run = train(load_recipe(tmp_path / "recipe.toml"), tmp_path, tracking=False, out=tmp_path / "out")
    model = run.summary.row("model")
    assert model.auc > 0.55


@pytest.mark.slow
def test_a_shuffled_outcome_never_passes(tmp_path: Path) -> None:
    path = undated(tmp_path, shuffled=True)
    (tmp_path / "recipe.toml").write_text(found(path)[0].recipe_toml, encoding="utf-8")
    run = train(load_recipe(tmp_path / "recipe.toml"), tmp_path, tracking=False, out=tmp_path / "out")
    assert run.verdict != "promote"


def test_options_answer_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = "\n".join(
        f"k{n},{n % 7},{'abc'[n % 3]},2025-01-{n % 28 + 1:02d},{'win' if n % 5 == 0 else 'no'}"
        for n in range(90)
    )
    path.write_text(f"who,points,group,seen,ended\n{rows}\n", encoding="utf-8")
    _, recipe = found(path, outcome="ended=win", time="seen", id="who", exclude=["points"])
    assert (recipe.lead.id, recipe.lead.created_at) == ("who", "seen")
    assert (recipe.outcomes.column, recipe.outcomes.won) == ("ended", ("win",))
    assert set(recipe.lead.fields) == {"group"}


def test_one_word_puts_a_suspect_back(tmp_path: Path) -> None:
    discovery, recipe = found(hubspot(tmp_path))
    assert "deal_amount" not in recipe.lead.fields
    line = next(line for line in discovery.recipe_toml.splitlines() if line.startswith("deal_amount"))
    back = discovery.recipe_toml.replace(line, line.replace("use = false", "use = true"))
    assert "deal_amount" in parse_recipe(back).lead.fields


def test_no_personal_value_is_shown(tmp_path: Path) -> None:
    discovery, _ = found(hubspot(tmp_path))
    shown = discovery.recipe_toml + str(discovery.findings) + str(discovery.remarks)
    assert "@gmail" not in shown
    assert "Doe" not in shown


def test_a_list_sorted_by_its_outcome_is_not_taken_for_a_history(tmp_path: Path) -> None:
    path = undated(tmp_path)
    frame = pd.read_csv(path).drop(columns=["Lead Number", "Tags"]).sort_values("Converted")
    frame.to_csv(path, index=False)
    discovery, recipe = found(path)
    assert recipe.split.by == "lot"
    assert any("sorted by the outcome" in remark for remark in discovery.remarks)


@pytest.mark.parametrize(
    ("content", "options", "says"),
    [
        ("id,age\n", {}, "no rows"),
        ("id\n1\n2\n", {}, "one column"),
        ("id,colour\n1,red\n2,blue\n3,red\n", {}, "no column looks like the outcome"),
        ("id,colour\n1,red\n2,blue\n3,red\n", {"outcome": "colour=green"}, "red, blue"),
        ("id,colour\n1,red\n2,blue\n3,red\n", {"outcome": "kolor=red"}, "no column 'kolor'"),
        ("id,size,status\n1,5,new\n2,5,won\n3,6,lost\n", {"outcome": "status"}, ""),
        ("id,size,won\n1,5,yes\n2,5,yes\n", {"outcome": "won=yes"}, "every lead is won"),
        ("id,size,won\n1,5,yes\n2,5,yes\n", {}, "one value only"),
        ("id,size,won\n1,,yes\n2,n/a,no\n", {}, "no column says anything"),
        ("id,created,size,won\n1,2999-01-01,2,yes\n2,2999-01-02,3,no\n", {}, "lies in the future"),
        ("id,size,won\n1,5,yes\n2,6,no\n", {"time": "won"}, "--time won"),
    ],
)
def test_a_question_that_is_left_says_its_options(
    tmp_path: Path, content: str, options: dict[str, str], says: str
) -> None:
    path = tmp_path / "leads.csv"
    path.write_text(content, encoding="utf-8")
    if not says:
        assert found(path, **options)[1].outcomes.won == ("won",)
        return
    with pytest.raises(LeadscoreError, match=says) as caught:
        discover([path], **options)  # type: ignore[arg-type]
    assert caught.value.remedy


def test_an_outcome_with_three_values_leaves_open_cases_unknown(tmp_path: Path) -> None:
    path = tmp_path / "cases.csv"
    rows = "".join(f"k{n},{n % 7},{('won', 'lost', 'pending')[n % 3]}\n" for n in range(300))
    path.write_text(f"id,size,outcome\n{rows}", encoding="utf-8")
    _, recipe = found(path)
    assert (recipe.outcomes.won, recipe.outcomes.lost) == (("won",), ("lost",))
    labels = snapshots(recipe, read_tables(recipe, tmp_path)).frame["label"]
    assert (int(labels.sum()), int((labels == 0).sum()), int(labels.isna().sum())) == (100, 100, 100)


def test_a_log_alone_is_cut_into_leads_events_and_outcomes(tmp_path: Path) -> None:
    rows = []
    for case in range(120):
        steps = ["form sent", "call", "offer", *(["approved", "won"] if case % 3 == 0 else ["refused"])]
        rows += [
            f"c{case},{case * 10},{step},2024-{case % 12 + 1:02d}-{n + 1:02d}T10:00:00Z"
            for n, step in enumerate(steps)
        ]
    path = tmp_path / "log.csv"
    path.write_text("case_id,amount,activity,timestamp\n" + "\n".join(rows) + "\n", encoding="utf-8")
    discovery, recipe = found(path, outcome="activity=won")
    assert recipe.events is not None
    assert set(recipe.events.kinds) == {"form sent", "call", "offer"}
    assert (recipe.outcomes.won, recipe.outcomes.lost) == (("won",), ("refused",))
    assert list(recipe.lead.fields) == ["amount"]
    assert any("approved" in remark for remark in discovery.remarks)
    tables = read_tables(recipe, tmp_path)
    assert tables.leads.select("row").to_pyarrow().num_rows == 120
    assert tables.events is not None
    assert tables.events.select("row").to_pyarrow().num_rows == 360


def test_leads_events_outcomes_and_accounts_are_told_apart(tmp_path: Path) -> None:
    n = 300
    leads = pd.DataFrame({"key": [f"L{i}" for i in range(n)], "firm": [f"F{i % 60}" for i in range(n)]})
    leads["arrived"] = pd.date_range("2024-01-01", periods=n, freq="D").strftime("%Y-%m-%d")
    leads["channel"] = ["web", "fair", "call"] * (n // 3)
    events = pd.DataFrame({"who": leads["key"].repeat(4), "what": ["page view", "demo request"] * (2 * n)})
    events["moment"] = pd.to_datetime(leads["arrived"].repeat(4)).to_numpy() + pd.Timedelta(hours=5)
    ends = pd.DataFrame(
        {"lead": leads["key"][::5], "on": leads["arrived"][::5], "result": ["Won", "Gone"] * 30}
    )
    firms = pd.DataFrame({"firm": [f"F{i}" for i in range(60)], "staff": range(60)})
    for name, frame in {"x1": firms, "x2": ends, "x3": events, "x4": leads}.items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    paths = [tmp_path / f"x{n}.csv" for n in (1, 2, 3, 4)]
    recipe = parse_recipe(discover(paths, folder=tmp_path).recipe_toml)
    assert recipe.tables.events is not None
    assert recipe.tables.outcomes is not None
    assert recipe.events is not None
    assert recipe.events.kinds == {"page view": "interest", "demo request": "intent"}
    assert (recipe.outcomes.stage, recipe.outcomes.won) == ("result", ("Won",))
    assert recipe.tables.leads.sql is not None
    assert recipe.lead.account_id == "firm"
    assert "staff" in recipe.lead.fields
    assert read_tables(recipe, tmp_path).leads.select("row").to_pyarrow().num_rows == n


def test_the_shared_exports_find_their_outcome() -> None:
    folder = SHARED / "olist_marketing_funnel"
    if not folder.exists():
        pytest.skip(f"{folder} is absent: set LEADSCORE_SHARED_DATA")
    recipe = parse_recipe(discover(sorted(folder.glob("*.csv")), folder=folder).recipe_toml)
    assert recipe.tables.leads.file == "olist_marketing_qualified_leads_dataset.csv"
    assert recipe.outcomes.won == ("*",)
    assert recipe.split.train_from == "2017-12-05"
    assert set(recipe.lead.fields) == {"landing_page_id", "origin"}


def test_presets_are_sound() -> None:
    assert {"hubspot", "salesforce", "dynamics", "pipedrive", "plain"} <= set(presets())
    assert recognise(["leadid", "statecode", "emailaddress1"]) == "dynamics"
    assert recognise(["colour", "shape"]) is None
    assert match(["createdon"], "dynamics")["createdon"][0] == "created_at"


def test_event_words() -> None:
    kinds = ("page_view", "Quote requested", "call_attempt", "unsubscribe", "meeting_no_show", "W_x")
    assert [meaning(kind) for kind in kinds] == [
        "interest", "intent", "contact", "negative", "negative", "neutral",
    ]  # fmt: skip


def test_of_tasks_the_subject_says_what_was_done(tmp_path: Path) -> None:
    """A type that is "Task" in every row tells nothing; alone, it is still what happened."""
    leads = "".join(f"00Q{n},2024-0{n % 9 + 1}-01,{n % 3 == 0}\n" for n in range(60))
    (tmp_path / "leads.csv").write_text(f"Lead ID,Created Date,Converted\n{leads}", encoding="utf-8")
    subjects = ("Call", "Demo request", "E-mail")
    rows = [(n % 60, subjects[n % 3], f"2024-1{n % 2}-0{n % 9 + 1}T0{n % 9}:00") for n in range(240)]
    for head, row in (("Subject,Type", "{},Task"), ("Type", "Task")):
        lines = "".join(f"00Q{lead},{row.format(said)},{when}\n" for lead, said, when in rows)
        (tmp_path / "tasks.csv").write_text(f"Lead ID,{head},Date\n{lines}", encoding="utf-8")
        paths = [tmp_path / "leads.csv", tmp_path / "tasks.csv"]
        recipe = parse_recipe(discover(paths, folder=tmp_path).recipe_toml)
        assert recipe.events is not None
        if "Subject" in head:
            assert recipe.events.kinds == {"Call": "contact", "Demo request": "intent", "E-mail": "contact"}
        else:
            assert recipe.events.kind == "Type"


@pytest.mark.parametrize("few_open", [True, False])
def test_the_mark_of_a_lost_lead_is_no_feature(tmp_path: Path, few_open: bool) -> None:
    """It tells lost from open where many are open, and is left out where it does not."""
    rng = np.random.default_rng(4)
    won = rng.random(600) < 0.2
    lost = ~won & (rng.random(600) < (0.98 if few_open else 0.5))
    table = pd.DataFrame(
        {
            "Lead ID": [f"00Q{n}" for n in range(600)],
            "Created Date": pd.date_range("2024-01-01", periods=600, freq="15h").strftime("%Y-%m-%d %H:%M"),
            "Industry": rng.choice(["Tech", "Retail", "Energy"], 600),
            "Converted": won.astype(int),
            "Unqualified": lost.astype(int),
        }
    )
    table.to_csv(tmp_path / "leads.csv", index=False)
    discovery, recipe = found(tmp_path / "leads.csv")
    assert "Unqualified" not in {
        field.column or name for name, field in recipe.lead.fields.items() if field.use
    }
    assert ("Unqualified" in suspects(discovery)) == few_open
    assert recipe.outcomes.column == ("Converted" if few_open else "outcome_of_two")


def test_stages_of_a_funnel_and_amounts_are_written_down(tmp_path: Path) -> None:
    leads = "".join(f"00Q{n},2024-0{n % 9 + 1}-01,{'abc'[n % 3]}\n" for n in range(90))
    (tmp_path / "leads.csv").write_text(f"Lead ID,Created Date,Industry\n{leads}", encoding="utf-8")
    stages = ("Marketing Qualified Lead", "SQL", "Opportunity", "Closed Won", "Closed Lost", "Nurturing")
    rows = "".join(f"00Q{n},{stages[n % 6]},2024-1{n % 2}-0{n % 9 + 1},{n * 10}\n" for n in range(90))
    (tmp_path / "outcomes.csv").write_text(f"Lead ID,Stage,Date,Amount\n{rows}", encoding="utf-8")
    paths = [tmp_path / "leads.csv", tmp_path / "outcomes.csv"]
    outcomes = parse_recipe(discover(paths, folder=tmp_path).recipe_toml).outcomes
    assert (outcomes.won, outcomes.lost, outcomes.amount) == (("Closed Won",), ("Closed Lost",), "Amount")
    assert outcomes.stages == {
        "Marketing Qualified Lead": "mql", "SQL": "sql", "Opportunity": "opportunity",
    }  # fmt: skip


def test_a_history_of_fields_is_recognised(tmp_path: Path) -> None:
    leads = "".join(f"00Q{n},2024-0{n % 9 + 1}-01,{'ab'[n % 2]},{n % 3 == 0}\n" for n in range(60))
    (tmp_path / "leads.csv").write_text(f"Lead ID,Created Date,Kind,Converted\n{leads}", encoding="utf-8")
    changes = "".join(f"00Q{n},Owner,x,y,2024-10-{n % 28 + 1:02d}\n" for n in range(60) for _ in "ab")
    header = "Lead ID,Field / Event,Old Value,New Value,Edit Date\n"
    (tmp_path / "history.csv").write_text(header + changes, encoding="utf-8")
    paths = [tmp_path / "history.csv", tmp_path / "leads.csv"]
    recipe = parse_recipe(discover(paths, folder=tmp_path).recipe_toml)
    assert recipe.tables.field_history is not None
    assert recipe.field_history.field == "Field / Event"
    assert (recipe.field_history.value, recipe.field_history.changed_at) == ("New Value", "Edit Date")


def test_a_column_that_was_left_out_is_used_where_a_person_says_so(tmp_path: Path) -> None:
    export = hubspot(tmp_path)
    first = discover([export])
    suspect = next(one for one in first.suspects if one.column == "Recent Deal Amount")
    assert f'column = "{suspect.column}", use = false' in first.recipe_toml
    kept = discover([export], keep=[suspect.column])
    assert f'column = "{suspect.column}", use = false' not in kept.recipe_toml
    assert suspect.column not in [one.column for one in kept.suspects]
    remark = next(one.remark for one in kept.findings if one.column == suspect.column)
    assert remark == f"kept by --keep, though: {suspect.kind}, {suspect.reason}"
    with pytest.raises(LeadscoreError, match=r"--keep Record ID: "):
        discover([export], keep=["Record ID"])
