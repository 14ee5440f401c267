"""A scored export as a file to take away: as it came, as CSV or workbook, or as a CRM's import wants it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from features.exports import Dialect, Handback, Spool, spool, write_export
from features.recipe import Recipe
from serving.api.desk import desk_of
from serving.api.problems import RefusedError
from serving.app.asked import job_asked, ladder_of, made_for, rows_of, wanted_of
from serving.app.told import title_of
from serving.asked import Heard
from serving.browse import Wanted
from serving.browse.laid import LaidDown
from serving.jobs import Job
from serving.jobs.words import scored_name
from serving.page import Child, Markup, Visitor, button, choice, labelled, paragraph, tag
from serving.returned import Added
from serving.returned.columns import RANK, SAME, TINTS
from serving.returned.crms import crm_columns, crm_table, templates
from serving.visit.answers import page_at, visitor

_BLOCK = 20_000
_CALLED = {"hubspot": "HubSpot"}
"""CRM → how it writes its name, where that is more than a capital."""


@page_at
async def download(request: Request) -> Response:
    """The file that is asked for by `form`, of the rows that the filters leave."""
    who, job = visitor(request.scope), await job_asked(request)
    recipe = (await ladder_of(request, job)).recipe
    form, forms = request.query_params.get("form", "original"), ("original", "csv", "xlsx", *templates().crm)
    if job.state != "done" or form not in forms:
        raise RefusedError(
            404, who.say("file", "fichier"), who.say("is not there", "n’est pas là"),
            who.say("Open the result, and choose a form.", "Ouvrez le résultat et choisissez une forme."),
        )  # fmt: skip
    stem, result = Path(job.files["leads"]).name.partition(".")[0], job.results / scored_name(job)
    said = await run_in_threadpool(desk_of(request).heard)
    objecting = await run_in_threadpool(rows_of(job, recipe, said).objecting)
    if form == "original" and not objecting:
        return _file(result, f"{stem}-scored{result.suffix}", None)
    if objecting and made_for(job):  # what a model said stands in columns of the CRM's names
        raise RefusedError(
            409, who.say("file", "fichier"),
            who.say("was made for a CRM before somebody in it objected to being profiled",
                    "a été fait pour un CRM avant que quelqu’un n’y refuse le profilage"),
            who.say("Score the export again.", "Notez de nouveau l’export."),
        )  # fmt: skip
    folder = Path(tempfile.mkdtemp(dir=job.folder, prefix=".download-"))
    endings = {"original": result.suffix, "xlsx": ".xlsx"}
    made = folder / f"rows{endings.get(form, '.csv')}"
    try:
        language = job.options.get("language", "en")
        if form == "original" and _row_by_row(job):
            await run_in_threadpool(written_as_it_came, job, recipe, said, made)
        else:
            wanted = Wanted() if form == "original" else wanted_of(request)
            await run_in_threadpool(written, job, recipe, said, wanted, form, language, made)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    suffix = f"-{form}" if form in templates().crm else ""
    return _file(made, f"{stem}-scored{suffix}{made.suffix}", folder)


def download_form(who: Visitor, job: Job, wanted: Wanted) -> Markup:
    """Where the form of the file is chosen."""
    filtered = wanted != Wanted()
    forms = [
        ("original", who.say("As it came, with scores", "Tel quel, avec les scores")), ("csv", "CSV"),
        ("xlsx", "Excel"),
        *((name, who.say(f"For the import of {called}", f"Pour l’import de {called}"))
          for name in sorted(templates().crm) for called in [_CALLED.get(name, name.capitalize())]),
    ]  # fmt: skip
    said = {name: value for name, value in asdict(wanted).items() if value}
    kept = [tag("input", type="hidden", name=name, value=value) for name, value in said.items()]
    which = paragraph(
        who.say(
            "Only the rows that the filters above leave, but for the first form.",
            "Seulement les lignes filtrées ci-dessus, sauf pour la première forme.",
        ),
        soft=True,
    )
    pick = labelled(who.say("In which form", "Sous quelle forme"), choice("form", forms, "original"))
    send = tag("p", button(who.say("Download", "Télécharger"), kind="main"))
    return tag("form", *kept, tag("div", pick, send, class_="row"),
               which if filtered else None, method="get", action=f"/app/jobs/{job.id}/download")  # fmt: skip


def made_for_page(who: Visitor, job: Job) -> list[Child]:
    """A result in a CRM's own columns: it is taken away, and not looked at."""
    crm = made_for(job)
    called = _CALLED.get(crm, crm.capitalize())
    why = who.say(
        f"It was made for the import of {called}, in the columns that it wants; its rows are not shown here. "
        "To look at them, score the export again without that.",
        f"Ce fichier a été fait pour l’import de {called}, dans les colonnes qu’il attend ; ses lignes ne "
        "sont pas montrées ici. Pour les voir, notez de nouveau l’export sans cela.",
    )
    link = tag("a", who.say("Download", "Télécharger"), href=f"/app/jobs/{job.id}/download")
    return [tag("h1", title_of(job)), paragraph(why), tag("p", link)]


def written(
    job: Job, recipe: Recipe, said: Heard, wanted: Wanted, form: str, language: Any, out: Path
) -> None:
    """Write the wanted rows of a job to `out`; `form` is that of a CRM, or none of its own."""
    found = rows_of(job, recipe, said)
    places = np.array(found.places(wanted), dtype=np.int64)
    objecting = np.array(found.objecting(), dtype=np.int64)
    laid, crm = found.leads, form if form in templates().crm else None
    columns = Added.of(recipe)
    ours = [name for name in columns.names if name in laid.names]
    own = [name for name in laid.names if name not in ours]
    names = crm_columns(crm, language, ours) if crm else {name: name for name in ours}

    def blocks() -> Iterator[tuple[Any, Any]]:
        for start, table in _tables(laid):
            ends = np.searchsorted(places, [start, start + table.num_rows])
            chosen = table.take(places[ends[0] : ends[1]] - start)
            if chosen.num_rows:
                objects = np.isin(places[ends[0] : ends[1]], objecting)
                added = _typed(_reserved(chosen.select(ours), objects), columns)
                yield chosen.select(own), crm_table(added, crm, language) if crm else added

    spool = Spool("scored", Path(laid.path), tuple(own), laid.rows, Dialect("text"))
    tints = {"ls_maturity": TINTS} if "ls_maturity" in names.values() else {}
    write_export(Handback(spool, tuple(names.values()), blocks, len(places), False, tints, plain=True), out)


def _row_by_row(job: Job) -> bool:
    """Whether the result has the rows of the export in their order, in a file of its kind."""
    told = any(job.options.get(one) for one in ("sheet", "sort", "top", "only", "for", "format"))
    return not told and job.input("changed-since") is None


def written_as_it_came(job: Job, recipe: Recipe, said: Heard, out: Path) -> None:
    """Write the export as it came with its scores to `out`, without those of who objects by now."""
    rows, columns = rows_of(job, recipe, said), Added.of(recipe)
    objecting, laid = np.array(rows.objecting(), dtype=np.int64), rows.leads
    source = job.input("leads")
    assert source is not None  # a job that scored has its export
    export = spool(source, out.parent / "export")
    scored = Spool("scored", Path(laid.path), tuple(laid.names), laid.rows, Dialect("text"),
                   own=laid.stored == laid.names)  # fmt: skip
    ours = [name for name in columns.names if name in laid.names]
    starts = list(range(0, export.rows, _BLOCK))

    def blocks() -> Iterator[tuple[Any, Any]]:
        pairs = zip(export.blocks(starts), scored.blocks(starts, columns=ours), strict=True)
        for (start, original), (_, added) in pairs:
            objects = np.isin(np.arange(start, start + added.num_rows), objecting)
            yield original, _typed(_reserved(added.select(ours), objects), columns)

    tints = {"ls_maturity": TINTS} if "ls_maturity" in ours else {}
    write_export(Handback(export, tuple(ours), blocks, export.rows, tints=tints), out)


def _tables(laid: LaidDown) -> Iterator[tuple[int, Any]]:
    """(0-based row of its start, table under the names of the export) of each block."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    start = 0
    file = pq.ParquetFile(laid.path, pre_buffer=False)  # a buffer would be kept until the last row
    for batch in file.iter_batches(batch_size=_BLOCK, columns=laid.stored):
        table = pa.Table.from_batches([batch]).select(laid.stored).rename_columns(laid.names)
        yield start, table
        start += table.num_rows


def _reserved(added: Any, objects: Any) -> Any:
    """Our columns without what a model said of who objects to being profiled now, as on the screen."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not objects.any():
        return added
    columns = []
    for name, column in zip(added.column_names, added.columns, strict=True):
        told = pa.scalar("opted_out" if name == "ls_status" else None, column.type)
        kept = name in ("ls_as_of", "error")
        columns.append(column if kept else pc.if_else(pa.array(objects), told, column))
    return pa.table(columns, names=added.column_names)


def _typed(added: Any, made: Added) -> Any:
    """Our columns with the types that they were made with: a file of texts has lost them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = {field.name: field.type for field in made.table([]).schema}
    types |= {RANK: pa.int64(), SAME: pa.string()}
    columns = []
    for name in added.column_names:
        column = added.column(name)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            column = pc.if_else(pc.equal(column, ""), None, column)
        columns.append(column.cast(types[name]))
    return pa.table(columns, names=added.column_names)


def _file(path: Path, name: str, gone_after: Path | None) -> Response:
    after = None if gone_after is None else BackgroundTask(shutil.rmtree, gone_after, ignore_errors=True)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, filename=name, headers=headers, background=after)
