"""The same export on Spark: tables in, a table out, each bucket of leads scored as a block of a file is.

Leads and events are brought together by the lead's id, so that a bucket holds whole leads: what a worker
answers does not depend on how many there are. No feature is made beforehand.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from features.clock import now_us
from features.errors import LeadscoreError
from features.exports import RawTable
from features.readings import spark_session
from features.recipe import Recipe
from serving.answer import Ladder
from serving.artefact import load_artefact
from serving.asked import Heard
from serving.batch.absent_columns import complete_events
from serving.batch.block import Block, Task, score_block
from serving.returned import Added, BatchSummary
from serving.returned.columns import RANK, SAME
from serving.rules import parse_rules, rules_text

_NOTHING = Heard()
_BUCKET = 20_000
"""Leads of a bucket: what bounds the memory of a worker."""
_FILE, _ROW, _BUCKET_OF = "leadscore_file", "leadscore_row", "leadscore_bucket"


class _Answerer(NamedTuple):
    """What a worker needs, as text: an artefact that Spark has sent to it, or a scorecard."""

    recipe: str
    artefact: str | None
    rules: str
    as_of_us: int
    reasons: int
    clock_us: int
    standing: Heard


def score_on_spark(
    recipe: Recipe,
    leads: str,
    out: str,
    *,
    events: str | None = None,
    artefact: Path | None = None,
    as_of_us: int | None = None,
    reasons: int = 3,
    standing: Heard = _NOTHING,
) -> BatchSummary:
    """Score the Parquet at `leads` on Spark; write it in order to the folder `out` with the added columns.

    All but `ls_same_person`, for which the whole file would have to meet. Addresses are those that Spark
    reads and writes (a path, s3://…). `artefact` is the folder of a model (None: the recipe's scorecard
    answers); Spark sends it to the workers, where leadscore must be installed. `as_of_us` is the clock
    unless given. Reasons are in the language of `recipe`. `standing` as in `score_export`.

    Raises:
        LeadscoreError: no Spark, or leads that lack what none can be read without.
    """
    session = spark_session()
    clock = now_us()
    moment = clock if as_of_us is None else as_of_us
    if artefact is not None:
        session.sparkContext.addFile(str(artefact.absolute()), recursive=True)
    name = None if artefact is None else artefact.absolute().name
    rules = rules_text(recipe, None) if artefact is None else ""
    asked = _Answerer(recipe.model_dump_json(), name, rules, moment, reasons, max(moment, clock), standing)
    rows = _numbered(session, leads)
    count = rows.count()
    if not count:
        raise LeadscoreError(f"{leads}: has no row.", "Export the leads again.")
    scored = _ranked(_answered(session, recipe, asked, rows, events, count).cache())
    whole = rows.join(scored, [_FILE, _ROW], "left").orderBy(_FILE, _ROW)
    kept = [name for name in rows.columns if name not in (_FILE, _ROW)]
    added = [name for name in Added.of(recipe).names if name != SAME]
    whole.select(*(f"`{name}`" for name in [*kept, *added])).write.parquet(out)
    return _summary(scored, count, moment, out)


def _numbered(session: Any, address: str) -> Any:
    """The rows with the file and the place in it that they come from: their order."""
    from pyspark.sql import functions as sql

    rows = session.read.parquet(address)
    place = {_FILE: sql.col("_metadata.file_path"), _ROW: sql.col("_metadata.row_index")}
    return rows.select("*", *(column.alias(name) for name, column in place.items()))


def _answered(
    session: Any, recipe: Recipe, asked: _Answerer, rows: Any, events: str | None, count: int
) -> Any:
    """File, place and the added columns of every row."""
    from pyspark.sql import functions as sql

    buckets = -(-count // _BUCKET)
    columns = ", ".join(f"`{name}` {kind}" for name, kind in _types(recipe).items())
    schema = f"`{_FILE}` string, `{_ROW}` bigint, {columns}"
    own = rows.withColumn(_BUCKET_OF, _bucket(rows, recipe.lead.id, buckets))
    if events is None:
        found = own.groupBy(_BUCKET_OF).applyInArrow(lambda leads: answer_bucket(asked, leads, None), schema)
        return found
    if recipe.events is None:
        raise LeadscoreError(
            f"{events}: the recipe declares no [events].", "Declare them, or leave --events out."
        )
    happened = session.read.parquet(events)
    happened = happened.withColumn(_BUCKET_OF, _bucket(happened, recipe.events.lead_id, buckets))
    present = own.select(sql.col(_BUCKET_OF)).distinct()
    happened = happened.join(present, _BUCKET_OF, "leftsemi")
    pairs = own.groupBy(_BUCKET_OF).cogroup(happened.groupBy(_BUCKET_OF))
    return pairs.applyInArrow(lambda leads, theirs: answer_bucket(asked, leads, theirs), schema)


def _bucket(table: Any, column: str | None, buckets: int) -> Any:
    """Which bucket a row belongs to, by the id as it is read."""
    from pyspark.sql import functions as sql

    if column is None:
        return sql.pmod(sql.xxhash64(sql.col(_ROW)), sql.lit(buckets))
    cell = sql.col(f"`{column}`")
    if dict(table.dtypes)[column] in ("double", "float"):
        cell = sql.when(cell == sql.floor(cell), cell.cast("bigint").cast("string")).otherwise(
            cell.cast("string")
        )
    return sql.pmod(sql.xxhash64(sql.trim(cell.cast("string"))), sql.lit(buckets))


def answer_bucket(asked: _Answerer, leads: Any, events: Any | None) -> Any:
    """The added columns of a bucket (Arrow tables in and out), on a worker."""
    ordered = leads.sort_by([(_FILE, "ascending"), (_ROW, "ascending")])
    places = ordered.select([_FILE, _ROW])
    raw = RawTable.of_arrow("leads", ordered.drop_columns([_FILE, _ROW, _BUCKET_OF]))
    task = _task(asked)
    happened = None
    if events is not None:
        theirs = RawTable.of_arrow("events", events.drop_columns([_BUCKET_OF]))
        happened, _ = complete_events(task.recipe, theirs.frame, theirs.name)
    added = Added.of(task.recipe)
    found = added.table(score_block(task, Block(raw, happened), added.row).rows)
    for name in found.column_names:
        places = places.append_column(name, found.column(name))
    return places


@cache
def _task(asked: _Answerer) -> Task:
    """What a worker answers by; made once in each of its processes."""
    recipe = Recipe.model_validate_json(asked.recipe)
    if asked.artefact is None:
        ladder = Ladder.by_rules(recipe, parse_rules(asked.rules, recipe))
    else:
        from pyspark import SparkFiles

        ladder = Ladder.of(load_artefact(Path(SparkFiles.get(asked.artefact))))
        ladder = ladder.told_in(recipe.recipe.language)
    return Task(ladder.recipe, ladder, asked.as_of_us, asked.reasons, asked.clock_us, asked.standing)


def _types(recipe: Recipe) -> Mapping[str, str]:
    """Added column → its type in Spark."""
    names = {"int64": "bigint", "double": "double", "string": "string"}
    return {field.name: names[str(field.type)] for field in Added.of(recipe).table([]).schema}


def _ranked(scored: Any) -> Any:
    """With the rank among all leads: equal probabilities share the better one."""
    from pyspark.sql import Window
    from pyspark.sql import functions as sql

    counts = scored.where("ls_probability IS NOT NULL").groupBy("ls_probability").count()
    before = Window.orderBy(sql.desc("ls_probability")).rowsBetween(Window.unboundedPreceding, -1)
    ranks = counts.select(
        "ls_probability", (sql.coalesce(sql.sum("count").over(before), sql.lit(0)) + 1).alias(RANK)
    )
    return scored.join(ranks, "ls_probability", "left")


def _summary(scored: Any, count: int, moment: int, out: str) -> BatchSummary:
    """What became of the leads, counted by Spark."""
    summary = BatchSummary(rows=count, as_of_us=moment, out=out, written=count)
    for name, found in (("ls_status", summary.statuses), ("ls_maturity", summary.maturities)):
        for row in scored.where(f"{name} IS NOT NULL").groupBy(name).count().collect():
            found[row[0]] = row[1]
    for row in scored.where("ls_scored_by IS NOT NULL").groupBy("ls_scored_by").count().collect():
        summary.rungs[row[0].split(" ")[0]] += row[1]
    return summary
