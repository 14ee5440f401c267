"""`python -m tests.bench.worlds [WORLD …]`: leadscore's default against its peers on exports of known truth.

What was measured is kept in worlds_results.csv and not measured again without `--again`, so that a run may be
broken off and go on. Worlds that are held back are asked for with `--held`, and each is a look.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from features.columns import Floats
from features.discovery import discover
from features.recipe import Recipe, parse_recipe
from tests.bench.quality_peers import BAG, PEERS, make_task, predict_or_base
from tests.bench.quality_results import Look, keep_results, log_look, read_results
from tests.bench.quality_run import leadscore_predictions, tabulate
from tests.bench.quality_sets import ROOT
from tests.bench.quality_text import replace_section
from tests.bench.worlds_text import BEGIN, END, SEEN, worlds_section
from tests.made.world_rows import Made, make_world
from tests.made.worlds import WORLDS, World
from training.history.history import History, read_history
from training.history.split import SplitRows, forward_split
from training.judging.baselines import inside
from training.judging.evidence import gather

RESULTS = Path(__file__).parent / "worlds_results.csv"
DRAWS = 1000
_PEERS = ("logistic regression (scikit-learn)", "HistGradientBoosting", "CatBoost", "LightGBM (defaults)")
RIVALS = (*(peer for peer in PEERS if peer.name in _PEERS), BAG)
_LOOKS = "at_days = [0, 3, 7, 14, 30]"


def main(words: Sequence[str] | None = None) -> int:
    """Measure the worlds that were asked for and not yet measured, and write the page."""
    asked = _parser().parse_args(words)
    known = read_results(RESULTS)
    for world in [] if asked.rewrite else _wanted(asked):
        if not asked.again and (known["data_set"] == world.name).any():
            continue
        keep_results(measure_world(world, asked.cache), RESULTS)
    replace_section(ROOT / "docs" / "results.md", worlds_section(read_results(RESULTS)), BEGIN, END)
    _say("docs/results.md: worlds written")
    return 0


def measure_world(world: World, cache: Path) -> pd.DataFrame:
    """leadscore's default training, its rungs, the peers and the truth on the same rows of one world."""
    with tempfile.TemporaryDirectory(prefix="leadscore-world-") as work:
        folder = Path(work)
        made = make_world(world, folder)
        recipe = recipe_of(world, made)
        history = read_history(recipe, folder)
        split = forward_split(recipe, history.labelled.frame)
        _say(f"{world.name}: {len(split.fit):,} rows to fit, {len(split.test):,} to judge")
        found, settings = leadscore_predictions(recipe, folder, history, split)
    if world.held:
        _count_look(world, recipe, settings)
    theirs, notes = _rivals(world, history, split, cache)
    found |= {name: inside(p) for name, p in theirs.items()}
    if not world.looks:
        leads = history.labelled.frame["lead_id"].iloc[split.test]
        found["limit"] = inside(leads.map(made.truth).to_numpy(dtype=float))
    evidence = gather(recipe, history.labelled, split.test, found, DRAWS)
    table = tabulate(evidence, notes, len(split.fit))
    return table.assign(data_set=world.name, origin="held back" if world.held else SEEN)


def recipe_of(world: World, made: Made) -> Recipe:
    """What `leadscore init` infers, told nothing but the outcome; where leads have dates, several looks."""
    told = None if world.looks else "converted=yes"
    text = discover([made.file], outcome=told, folder=made.file.parent).recipe_toml
    return parse_recipe(text.replace("at_days = [0]", _LOOKS) if world.looks else text)


def _rivals(
    world: World, history: History, split: SplitRows, cache: Path
) -> tuple[dict[str, Floats], dict[str, str]]:
    """Peer → test probabilities, kept in `cache` by the rows and columns that they were made of."""
    labelled = history.labelled
    fit, test = (labelled.at(rows, history.features) for rows in (split.fit, split.test))
    task = make_task(history.features, fit, labelled.y(split.fit), test)
    parts = [pd.util.hash_pandas_object(part).to_numpy().tobytes() for part in (task.fit, task.test)]
    digest = hashlib.sha256(b"".join([*parts, task.y.tobytes()])).hexdigest()[:16]
    kept = cache / f"{digest}.parquet"
    if kept.exists():
        table = pd.read_parquet(kept)
        return {str(name): table[name].to_numpy() for name in table}, {}
    found, notes = {}, {}
    for peer in RIVALS:
        if not peer.installed:
            notes[peer.name] = "not installed"
            continue
        found[peer.name], failure = predict_or_base(peer, task)
        if failure is not None:
            notes[peer.name] = f"failed, counted as the base rate: {failure}"
    if not notes:
        cache.mkdir(parents=True, exist_ok=True)
        pd.DataFrame(found).to_parquet(kept)
    return found, notes


def _count_look(world: World, recipe: Recipe, settings: dict[str, object]) -> None:
    chosen = hashlib.sha256(repr(sorted(settings.items())).encode()).hexdigest()[:12]
    log_look(Look(datetime.now(UTC).date().isoformat(), world.name, "held back", recipe.hash[:12], chosen))


def _wanted(asked: argparse.Namespace) -> Iterator[World]:
    """The named worlds, else all of the asked part, without the long ones unless they are asked for."""
    for world in WORLDS:
        named = world.name in asked.worlds if asked.worlds else asked.long or not world.long
        if named and world.held == asked.held:
            yield world


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.worlds", description=__doc__)
    parser.add_argument("worlds", nargs="*", metavar="WORLD", help="names of worlds; all without")
    parser.add_argument("--held", action="store_true", help="the worlds held back: each is a look")
    parser.add_argument("--long", action="store_true", help="the large worlds too")
    parser.add_argument("--again", action="store_true", help="measure again what was measured")
    parser.add_argument("--rewrite", action="store_true", help="write the page again, measure nothing")
    cache = Path(tempfile.gettempdir()) / "leadscore-worlds"
    parser.add_argument("--cache", type=Path, default=cache, help="where answers of peers are kept")
    return parser


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with threadpool_limits(1):  # teams of threads wait for one another on a busy machine
        sys.exit(main())
