"""Where nothing orders leads, tests are drawn: accounts, and equal leads without one, as a whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import parse_recipe
from serving.artefact import load_artefact
from training import train
from training.fitting.calendars import find_calendars, going_on
from training.history.excerpt import Excerpt
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_folds, forward_split

RECIPE = """
[tables]
leads = "list.csv"
[lead]
id = "key"
{account}
[lead.fields]
region = {{ type = "category" }}
size = {{ type = "number" }}
[outcomes]
column = "won"
won = ["1"]
lost = ["0"]
[snapshots]
at_days = [0]
[split]
by = "lot"
"""


def leads(seed: int, n: int = 600, sizes: int = 40) -> pd.DataFrame:
    """Leads of which many are equal, as the few sizes and regions come again, and some share a firm."""
    rng = np.random.default_rng(seed)
    size = rng.integers(1, sizes, n)
    return pd.DataFrame(
        {
            "key": [f"k{i}" for i in range(n)],
            "firm": np.where(rng.random(n) < 0.3, "", [f"f{i}" for i in rng.integers(0, n, n)]),
            "region": rng.choice(list("abc"), n),
            "size": size,
            "won": (rng.random(n) < 0.1 + 0.4 * size / sizes).astype(int),
        }
    )


def history(frame: pd.DataFrame, folder: Path, account: str = "") -> tuple[History, SplitRows]:
    frame.to_csv(folder / "list.csv", index=False)
    recipe = parse_recipe(RECIPE.format(account=account))
    read = read_history(recipe, folder)
    return read, forward_split(recipe, read.labelled.frame)


def keys(read: History, rows: np.ndarray) -> set[str]:
    return set(read.labelled.frame["lead_id"].iloc[rows])


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999), st.booleans())
def test_equal_leads_and_accounts_are_on_one_side_of_every_split(tmp_path_factory, seed, with_accounts):
    frame = leads(seed, sizes=2000 if with_accounts else 40)
    account = 'account_id = "firm"' if with_accounts else ""
    read, split = history(frame, tmp_path_factory.mktemp("lot"), account)
    rows = frame.set_index("key")
    pairs = [(split.fit, split.test), *forward_folds(read.labelled.frame, split.fit, 3)]
    assert len(pairs) > 1
    for one, other in pairs:
        a, b = (rows.loc[sorted(keys(read, side))] for side in (one, other))
        if with_accounts:
            assert not (set(a["firm"]) & set(b["firm"])) - {""}
            a, b = (side[side["firm"] == ""] for side in (a, b))
        assert not set(zip(a["region"], a["size"], strict=True)) & set(
            zip(b["region"], b["size"], strict=True)
        )
    assert len(split.fit) + len(split.test) == len(frame), "no lead is lost"


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 999), st.booleans())
def test_neither_order_nor_further_leads_move_a_lead_into_the_test(tmp_path_factory, seed, with_accounts):
    frame, folder = leads(seed), tmp_path_factory.mktemp("lot")
    account = 'account_id = "firm"' if with_accounts else ""
    read, split = history(frame, folder, account)
    mixed, again = history(frame.sample(frac=1, random_state=seed), folder, account)
    assert keys(read, split.test) == keys(mixed, again.test)
    came = leads(seed + 1).assign(key=lambda f: "n" + f["key"])  # of the same firms, and equal to others
    more, grown = history(pd.concat([frame, came]), folder, account)
    assert keys(read, split.test) == {key for key in keys(more, grown.test) if key.startswith("k")}


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 999))
def test_one_kind_that_is_too_common_leaves_all_other_groups_whole(tmp_path_factory, seed):
    frame = leads(seed, sizes=60)
    common = np.arange(len(frame)) % 5 == 0
    frame.loc[common, ["region", "size"]] = ["a", 1]
    frame["firm"] = np.where(frame["size"] == 1, "", "f" + (frame["size"] // 2).astype(str))
    read, split = history(frame, tmp_path_factory.mktemp("lot"), 'account_id = "firm"')
    fit, test = (frame.set_index("key").loc[sorted(keys(read, side))] for side in (split.fit, split.test))
    both = set(zip(fit["region"], fit["size"], strict=True)) & set(
        zip(test["region"], test["size"], strict=True)
    )
    assert both == {("a", 1)}
    assert not (set(fit["firm"]) & set(test["firm"])) - {""}
    n = int(((frame["region"] == "a") & (frame["size"] == 1)).sum())
    assert ("leads", "leads equal to others, too many to be drawn together", n, "drawn apart") in read.quality
    assert any(f"but {n} leads equal to others" in warning for warning in read.warnings)


def test_an_account_that_is_too_large_is_drawn_lead_by_lead_and_said(tmp_path):
    frame = leads(4, sizes=2000)
    frame.loc[frame.index % 3 == 0, "firm"] = "bank"
    read, split = history(frame, tmp_path, 'account_id = "firm"')
    fit, test = (frame.set_index("key").loc[sorted(keys(read, side))] for side in (split.fit, split.test))
    assert set(fit["firm"]) & set(test["firm"]) - {""} == {"bank"}
    assert any("200 leads of an account" in warning for warning in read.warnings)


def test_an_account_that_is_too_large_no_more_moves_its_leads_which_the_artefact_tells(tmp_path):
    frame = leads(4, sizes=2000)
    frame.loc[frame.index % 8 == 0, "firm"] = "bank"
    grown = pd.concat([frame, leads(5, sizes=2000).assign(key=lambda one: "n" + one["key"])])
    before, split = history(frame, tmp_path, 'account_id = "firm"')
    now, again = history(grown, tmp_path, 'account_id = "firm"')
    bank = set(frame["key"][frame["firm"] == "bank"])
    assert (before.parted, now.parted) == (True, False)
    assert bank & keys(before, split.test) != bank & keys(now, again.test)


def test_a_few_kinds_of_leads_are_drawn_one_by_one_and_said(tmp_path):
    read, split = history(leads(1, sizes=3), tmp_path)
    assert len(split.test) > 100
    assert any("drawn apart" in row for row in read.quality)
    assert not any("drawn apart" in row for row in history(leads(1), tmp_path)[0].quality)


def test_without_time_nothing_is_a_calendar(tmp_path):
    frame = leads(2).sort_values("size").assign(size=lambda f: np.arange(len(f)))
    read, split = history(frame, tmp_path)
    size = next(feature for feature in read.features if feature.name.startswith("size"))
    older_and_newer = [(np.arange(300), np.arange(300, 600))]
    assert find_calendars(read.labelled, [size], older_and_newer) == ()
    assert going_on(Excerpt.of(read.recipe, read.labelled, [size], split.fit), ()) == frozenset()


@pytest.mark.slow
def test_a_run_by_lot_says_that_nothing_forward_in_time_was_shown(tmp_path):
    frame = leads(3, 1200, sizes=900)
    frame.sort_values("region").to_csv(tmp_path / "list.csv", index=False)
    recipe = parse_recipe(RECIPE.format(account=""))
    run = train(recipe, tmp_path, tracking=False, out=tmp_path / "out", report=tmp_path / "report.html")
    assert any("Nothing forward in time is shown" in warning for warning in run.summary.warnings)
    assert run.summary.settings["model"]["half_life"] is None
    assert run.summary.settings["model"]["calendars"] == []
    assert load_artefact(tmp_path / "out" / "served").manifest.parted is False
    page = (tmp_path / "report.html").read_text()
    assert "the test was drawn by lot" in page
    assert "Over time" not in page
