"""Which artefact stands for the champion on a test, and why none does: artefacts and histories made by hand.

No run is needed: a real store holds artefacts of small scorers, and the history has just the rows judged on.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features import Recipe
from features.catalogue import of_activity
from features.clock.instants import DAY_US
from features.columns import Columns
from features.recipe.milestones import Milestone
from features.snapshots.snapshots import RowAccount
from serving.artefact.folder import load_artefact, save_artefact
from serving.rules.default import default_rules
from serving.scorer import Scorer
from serving.scorers.segmented import Segmented
from tests.laws.test_activity import drawn_chain
from tests.made import scorers
from tests.made.store import empty_store
from tests.serving.test_segments_routing import PLAN
from tests.training.test_promotion_moves import pytestmark as quiet
from training.history.history import History
from training.history.labelled import Labelled
from training.history.split import SplitRows
from training.store import logged, tracking
from training.store.champion import ChampionArtefacts, activity_of_champion, champion_of, unfit

pytestmark = quiet
FEATURES = (scorers.SIZE, scorers.INDUSTRY)
WINDOW_US = 100 * DAY_US
"""The last as_of that the judged artefact was fitted on; its labels were known 30 days later."""
TEST_US = WINDOW_US + 30 * DAY_US + 1
TEST = np.array([3, 7, 8])


def history(recipe: Recipe | None = None, **change: Any) -> History:
    """A history of ten rows, of which `TEST` are judged on."""
    asked = recipe or scorers.recipe()
    made = {
        "recipe": asked, "rules": scorers.rules(), "rules_text": "", "features": FEATURES,
        "features_without_events": None, "labelled": Labelled(pd.DataFrame(), scorers.columns(FEATURES, 10)),
        "open_columns": Columns({}, 0), "n_open": 0, "account": RowAccount().rows(), "quality": [],
        "warnings": [], "data_hash": "", "end": None,
    } | change  # fmt: skip
    return History(**made)  # type: ignore[arg-type]


def split(first_us: int = TEST_US) -> SplitRows:
    return SplitRows(np.arange(3), TEST, first_us)


def save(
    folder: Path, scorer: Scorer, until_us: int = WINDOW_US, recipe: Recipe | None = None,
    parted: bool | None = False,
) -> None:  # fmt: skip
    asked = recipe or scorers.recipe()
    facts = scorers.manifest().model_copy(
        update={
            "window_us": (0, until_us), "recipe": asked, "recipe_hash": asked.hash, "parted": parted,
        }
    )  # fmt: skip
    save_artefact(folder, facts, scorer, rules=default_rules(asked))


class Champion:
    """A store whose champion has artefacts put there by hand: the served one and its twin."""

    def __init__(self, folder: Path) -> None:
        empty_store(folder)
        self.root = folder
        self.add("acme")

    def add(self, name: str) -> None:
        """Its model called `name`, whose second version is the champion; from now on that is meant."""
        asked = tracking.client()
        run = asked.create_run(logged._experiment(name)).info
        self.folder = Path(run.artifact_uri.removeprefix("file://"))
        self.served = self.root / f"registered-{name}"  # a registered model is kept beside the run, not in it
        self.served.mkdir()
        asked.create_registered_model(name)
        asked.create_model_version(name, self.served.as_uri(), run.run_id)
        made = asked.create_model_version(name, self.served.as_uri(), run.run_id)
        tracking.set_alias(name, "champion", tracking.version(name, str(made.version)))


@pytest.fixture
def champion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Champion:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'mlflow.db'}")
    return Champion(tmp_path)


def promised(scorer: Scorer) -> list[float]:
    """What `scorer` gives the rows of the test."""
    table = scorers.columns(FEATURES, 10)
    rows = Columns({name: table[name][TEST] for name in table}, len(TEST))
    return [float(p) for p in scorer.probability(scorer.margin(rows))]


def test_the_served_artefact_is_held_against_the_test_where_it_has_not_seen_it(champion):
    save(champion.served / "artefact", scorers.linear())
    save(champion.folder / tracking.JUDGED, scorers.crossed())
    found = champion_of(history(), split())
    assert (found.version, found.missing, list(found.probabilities)) == ("2", "", ["champion"])
    assert found.probabilities["champion"].tolist() == promised(scorers.linear())


def test_else_its_twin_that_was_judged_stands_for_it(champion):
    save(champion.served / "artefact", scorers.linear(), until_us=WINDOW_US + 1)
    save(champion.folder / tracking.JUDGED, scorers.crossed())
    found = champion_of(history(), split())
    assert (found.version, found.missing) == ("2", "")
    assert found.probabilities["champion"].tolist() == promised(scorers.crossed())
    assert promised(scorers.crossed()) != promised(scorers.linear())


def test_a_served_artefact_that_cannot_be_read_leaves_its_twin(champion):
    save(champion.folder / tracking.JUDGED, scorers.crossed())
    found = champion_of(history(), split())
    assert found.probabilities["champion"].tolist() == promised(scorers.crossed())


def test_where_neither_can_be_compared_the_reason_of_the_one_that_can_be_read_is_told(champion):
    told = champion_of(history(), split())
    assert told.missing.startswith("version 2 is champion and was not compared: its artefact cannot be read")
    assert (told.version, told.probabilities) == ("2", {})
    save(champion.folder / tracking.JUDGED, scorers.crossed(), until_us=WINDOW_US + 1)
    assert "it was fitted on rows of this test" in champion_of(history(), split()).missing
    save(champion.served / "artefact", scorers.linear(), until_us=WINDOW_US + 1)
    (champion.folder / tracking.JUDGED / "manifest.json").write_text("{")
    told = champion_of(history(), split())
    assert told.missing.startswith(
        "version 2 is champion and was not compared: it was fitted on rows of this"
    )
    assert told.version == "2"


def test_a_champion_of_another_name_is_nobodys_rival(champion, tmp_path, monkeypatch):
    other = scorers.recipe()
    named = other.model_copy(update={"recipe": other.recipe.model_copy(update={"name": "other"})})
    found = champion_of(history(named), split())
    assert (found.version, found.probabilities, found.missing) == (None, {}, "")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path / 'none.db'}")
    assert champion_of(history(), split()).version is None


def test_its_bands_begin_where_they_did(champion):
    save(champion.served / "artefact", scorers.linear())
    kept = load_artefact(champion.served / "artefact").manifest.references
    assert champion_of(history(), split()).cuts == {name: (one.hot, one.warm) for name, one in kept.items()}
    assert kept


def far(recipe: Recipe, *reached: str) -> Recipe:
    """The recipe of its milestone 'far', asked of leads that are an SQL."""
    step = Milestone(name="far", reached=reached, after=("sql",))
    return recipe.model_copy(update={"milestone": (step,)}).of_milestone("far")


def test_a_win_of_leads_that_came_far_is_held_against_who_answers_for_them(champion):
    """Before it has a champion that is the recipe's; a step that is no win has no rival there."""
    save(champion.served / "artefact", scorers.linear())
    main = asked(outcomes={"won": ("won", "paid")})
    run = tracking.alias("acme", "champion").run_id
    tracking.write_json(run, "recipe.json", main.model_dump(mode="json"))
    save(champion.served / "artefact", scorers.linear(), recipe=main)
    found = champion_of(history(far(main, "paid")), split())
    assert (found.version, found.missing) == ("2 of acme", "")
    assert found.probabilities["champion"].tolist() == promised(scorers.linear())
    assert champion_of(history(far(main, "sent")), split()).version is None
    longer = main.model_copy(update={"recipe": main.recipe.model_copy(update={"horizon_days": 31.0})})
    assert champion_of(history(far(longer, "paid")), split()).version is None


def test_the_recipe_of_a_milestone_is_the_one_before_its_last_hyphen(champion):
    """Also where that has one itself, and where the store holds other companies' champions."""
    champion.add("acme-north")
    main = asked(recipe={"name": "acme-north"}, outcomes={"won": ("won", "paid")})
    run = tracking.alias("acme-north", "champion").run_id
    save(champion.served / "artefact", scorers.linear(), recipe=main)
    assert champion_of(history(far(main, "paid")), split()).version is None  # nothing says what it was asked
    tracking.write_json(run, "recipe.json", main.model_dump(mode="json"))
    assert champion_of(history(far(main, "paid")), split()).version == "2 of acme-north"


def test_a_recipe_that_is_no_milestone_has_no_rival_of_a_shorter_name(champion):
    save(champion.served / "artefact", scorers.linear())
    run = tracking.alias("acme", "champion").run_id
    tracking.write_json(run, "recipe.json", scorers.recipe().model_dump(mode="json"))
    assert champion_of(history(asked(recipe={"name": "acme-north"})), split()).version is None


def asked(**change: Any) -> Recipe:
    """Acme's recipe with another question."""
    recipe = scorers.recipe()
    return recipe.model_copy(
        update={key: getattr(recipe, key).model_copy(update=value) for key, value in change.items()}
    )


@pytest.mark.parametrize(
    ("recipe", "other"),
    [
        (asked(), False),
        (asked(recipe={"horizon_days": 31.0}), True),
        (asked(outcomes={"won": ("won", "paid")}), True),
        (asked(outcomes={"lost": ()}), True),
        (asked(outcomes={"after": ("sql",)}), True),
        (asked(recipe={"horizon_days": 31.0}, outcomes={"won": ("paid",)}), True),
        (asked(gate={"min_positives": 7}), False),
        (asked(outcomes={"amount": "eur", "currency": "cur", "stages": {"won": "customer"}}), False),
        (asked(outcomes={"amount": "eur", "occurred_at": "closed"}), True),
    ],
)
def test_another_question_is_another_horizon_or_other_outcomes(tmp_path, recipe, other):
    save(tmp_path, scorers.linear())
    words = unfit(load_artefact(tmp_path), history(recipe), split())
    assert words.startswith("it answers another question") is other
    assert ("horizon of 30 days" in words) is other
    assert (words == "") is not other


def test_what_the_champion_reads_and_this_recipe_does_not_make_alike_is_listed(tmp_path):
    save(tmp_path, scorers.linear())
    artefact = load_artefact(tmp_path)
    retyped = replace(scorers.SIZE, dtype="category")
    for made, missing in (
        (FEATURES, ""),
        (FEATURES[::-1], ""),
        ((scorers.INDUSTRY,), "company_size"),
        ((retyped, scorers.INDUSTRY), "company_size"),
        ((), "company_size, industry"),
    ):
        words = unfit(artefact, history(features=made), split())
        listed = words.partition("makes otherwise: ")[2].partition(".")[0]
        assert listed == missing


OWN, OTHER = of_activity(drawn_chain(1)), of_activity(drawn_chain(2))


def test_what_the_champion_reads_of_a_chain_is_of_its_own_alone(tmp_path):
    """A chain that was fitted anew answers nothing in its place, though both tell how active leads are."""
    reader = scorers.counts((scorers.SIZE, *OWN))
    save(tmp_path, reader)
    artefact, listed = load_artefact(tmp_path), ", ".join(sorted(one.name for one in OWN))
    assert unfit(artefact, history(rival=OWN), split()) == ""
    for rival, features in (((), FEATURES), (OTHER, FEATURES), ((), (*FEATURES, *OTHER))):
        words = unfit(artefact, history(rival=rival, features=features), split())
        assert f"makes otherwise: {listed}. Declare" in words


def test_a_champion_that_reads_activity_is_judged_by_its_own_chain(champion):
    save(champion.served / "artefact", scorers.counts(OWN))
    assert activity_of_champion(scorers.recipe()) == OWN
    table = scorers.columns((*OTHER, *OWN, *FEATURES), 10)
    here = history(labelled=Labelled(pd.DataFrame(), table), rival=OWN, activity=OTHER)
    found = champion_of(here, split()).probabilities["champion"].tolist()
    model, rows = scorers.counts(OWN), Columns({one.name: table[one.name][TEST] for one in OWN}, len(TEST))
    assert found == model.probability(model.margin(rows)).tolist()


def test_what_the_champion_reads_of_a_chain_is_what_its_artefact_or_its_twin_reads(champion, tmp_path):
    assert activity_of_champion(scorers.recipe()) == ()  # neither can be read
    save(champion.folder / tracking.JUDGED, scorers.counts((scorers.SIZE, *OTHER)))
    assert activity_of_champion(scorers.recipe()) == OTHER
    save(champion.served / "artefact", scorers.counts((*OWN, scorers.SIZE)))
    assert activity_of_champion(scorers.recipe()) == OWN
    save(champion.served / "artefact", scorers.linear())
    assert activity_of_champion(scorers.recipe()) == ()
    assert activity_of_champion(asked(recipe={"name": "other"})) == ()


def test_a_champion_of_segments_may_read_the_field_that_routes_them(tmp_path):
    """A recipe of segments makes that field, also where no model reads it otherwise."""
    routed = scorers.recipe().model_copy(update={"segments": PLAN})
    save(tmp_path, Segmented(PLAN, scorers.linear(), (("makers", scorers.crossed()),)), recipe=routed)
    artefact, size = load_artefact(tmp_path), (scorers.SIZE,)
    assert unfit(artefact, history(routed, features=size), split()) == ""
    assert "makes otherwise: industry." in unfit(artefact, history(features=size), split())


@pytest.mark.parametrize(("first_us", "seen"), [(TEST_US - 1, True), (TEST_US, False), (0, True)])
def test_a_label_known_at_the_very_beginning_of_the_test_was_seen(tmp_path, first_us, seen):
    save(tmp_path, scorers.linear())
    words = unfit(load_artefact(tmp_path), history(), split(first_us))
    assert words.startswith("it was fitted on rows of this test") is seen
    assert ("test_from after 1970-05-11)" in words) is seen
    assert (words == "") is not seen


def test_from_when_on_it_has_seen_nothing_is_a_day_of_the_companys_and_none_without_dates(tmp_path):
    for zone, day in (("America/New_York", "1970-05-10"), ("Asia/Tokyo", "1970-05-11")):
        save(tmp_path / day, scorers.linear(), recipe=asked(recipe={"zone": zone}))
        assert f"test_from after {day})" in unfit(load_artefact(tmp_path / day), history(), split(0))
    save(tmp_path / "undated", scorers.linear(), recipe=asked(lead={"created_at": None}))
    assert "([split] test_from) and train again" in unfit(
        load_artefact(tmp_path / "undated"), history(), split(0)
    )


@pytest.mark.parametrize(
    ("theirs", "ours", "compared"),
    [
        ({"by": "lot"}, {"by": "lot"}, True),
        ({"by": "lot"}, {"by": "time"}, False),
        ({"by": "time"}, {"by": "lot"}, False),
        ({"by": "time"}, {"by": "time"}, True),
    ],
)
def test_leads_by_lot_are_not_where_time_would_put_them(tmp_path, theirs, ours, compared):
    save(tmp_path, scorers.linear(), until_us=5, recipe=asked(split=theirs, lead={"created_at": None}))
    here = history(asked(split=ours, lead={"created_at": None}))
    assert (unfit(load_artefact(tmp_path), here, split()) == "") is compared


def test_a_lot_of_other_fields_is_another_lot(tmp_path):
    lot = {"split": {"by": "lot"}}
    save(tmp_path, scorers.linear(), until_us=5, recipe=asked(**lot, lead={"created_at": None}))
    here = history(asked(**lot, lead={"created_at": None, "opted_out": None}))
    assert "may have been fitted on leads of this test" in unfit(load_artefact(tmp_path), here, split())


@pytest.mark.parametrize(
    ("account", "then", "parted", "same", "compared"),
    [("firm", False, False, False, True), ("firm", False, True, False, False),
     ("firm", True, False, False, False), ("firm", True, True, False, False),
     ("firm", None, False, False, False), (None, None, False, True, True), (None, True, True, True, True),
     (None, False, True, False, False), (None, False, False, False, True)],
)  # fmt: skip
def test_by_lot_a_champion_is_compared_only_where_no_lead_can_have_moved(
    tmp_path, account, then, parted, same, compared
):
    lead = {"created_at": None, "account_id": account}
    recipe = asked(split={"by": "lot"}, lead=lead)
    save(tmp_path, scorers.linear(), until_us=5, recipe=recipe, parted=then)
    artefact = load_artefact(tmp_path)
    tables = artefact.manifest.data_hash if same else "others"
    found = unfit(artefact, history(recipe, data_hash=tables, parted=parted), split())
    assert (found == "") is compared
    assert ("may have been fitted on leads of this test" in found) is not compared


def test_the_twin_is_read_from_its_own_folder_and_nothing_is_left_behind(champion, tmp_path, monkeypatch):
    """A run keeps the model that was registered too; its copy is read in a folder that is gone afterwards."""
    save(champion.folder / "model" / "artefact", scorers.linear())
    save(champion.folder / tracking.JUDGED, scorers.crossed())
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    here.mkdir()
    temporary.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    found = champion_of(history(), split())
    assert found.probabilities["champion"].tolist() == promised(scorers.crossed())
    assert [*here.iterdir(), *temporary.iterdir()] == []


def test_one_training_fetches_the_champion_once_and_a_new_champion_anew(champion):
    """What was read stays good whatever becomes of the store; what was not there is asked for."""
    artefacts = ChampionArtefacts()
    assert activity_of_champion(scorers.recipe(), artefacts) == ()
    save(champion.served / "artefact", scorers.linear())
    assert activity_of_champion(scorers.recipe(), artefacts) == ()
    shutil.rmtree(champion.served / "artefact")
    found = champion_of(history(), split(), artefacts)
    assert (found.missing, found.probabilities["champion"].tolist()) == ("", promised(scorers.linear()))
    assert "cannot be read" in champion_of(history(), split()).missing
    made = tracking.client().create_model_version(
        "acme", champion.served.as_uri(), champion.folder.parent.name
    )
    tracking.set_alias("acme", "champion", tracking.version("acme", str(made.version)))
    assert "cannot be read" in champion_of(history(), split(), artefacts).missing
