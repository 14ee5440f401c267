"""An export compared a part of its hashes at a time is compared as by hand, and each block has its events."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

from features.exports import spool
from features.tables import FileRows
from tests.made import scorers

IDS = st.sampled_from(["7", "007", "a", "b", "c", None])
MAILS = st.sampled_from(["p@acme.io", "P@acme.io ", "q@acme.io", "r@other.org", None])
LEADS = st.lists(st.tuples(IDS, MAILS), min_size=1, max_size=30)
OWNERS = st.lists(st.sampled_from(["7", "07", "a", "b", " c ", "nobody", "", None]), max_size=30)
Leads = list[tuple[str | None, str | None]]


class _Found(NamedTuple):
    """What is told of a file: copies, rows with other cells, second rows, events by block, unknown, zeros."""

    copies: int
    others: list[int]
    persons: list[tuple[int, str | None]]
    events: list[list[int]]
    unknown: int
    zeros: int


@settings(max_examples=25, deadline=None)
@example(leads=[("a", "p@acme.io"), ("a", "q@acme.io")], owners=["a"], block=1, at_once=1)
@given(leads=LEADS, owners=OWNERS, block=st.integers(1, 30), at_once=st.integers(1, 30))
def test_parts_of_any_size_say_what_a_plain_loop_says(
    leads: Leads, owners: list[str | None], block: int, at_once: int
) -> None:
    starts = [*range(0, len(leads), block)]
    assert _asked(leads, owners, starts, at_once) == _by_hand(leads, owners, starts)


def _asked(leads: Leads, owners: list[str | None], starts: list[int], at_once: int) -> _Found:
    with TemporaryDirectory() as name:
        folder = Path(name)
        ids, mails = (pa.array(list(cells), pa.string()) for cells in zip(*leads, strict=True))
        pq.write_table(pa.table({"lead_id": ids, "email": mails}), folder / "leads.parquet")
        happened = {"lead_id": pa.array(owners, pa.string())}
        happened |= dict.fromkeys(("occurred_at", "kind"), pa.array(["x"] * len(owners), pa.string()))
        pq.write_table(pa.table(happened), folder / "events.parquet")
        laid = spool(folder / "leads.parquet", folder / "l"), spool(folder / "events.parquet", folder / "e")
        rows = FileRows(scorers.recipe(), laid[0], starts, folder, at_once)
        by_block: list[list[int]] = [[] for _ in starts]

        def put(block: int, table: Any) -> None:
            by_block[block] += table.column(table.column_names[-1]).to_pylist()

        try:
            counted = rows.part_events(laid[1], put)
            same = rows.same_person()
        finally:
            rows.close()
        persons = zip(same.column("row").to_pylist(), same.column("first_id").to_pylist(), strict=True)
        events = [sorted(lines) for lines in by_block]
        return _Found(
            rows.copies, rows.others.tolist(), list(persons), events, counted.unknown, counted.zeros
        )


def _by_hand(leads: Leads, owners: list[str | None], starts: list[int]) -> _Found:
    first: dict[str, int] = {}
    mail_rows: dict[str, list[int]] = {}
    others, copies, persons = list[int](), 0, list[tuple[int, str | None]]()
    block_ids: list[set[str]] = [set() for _ in starts]
    for row, (name, mail) in enumerate(leads):
        if mail is not None:
            mail_rows.setdefault(mail.strip().lower(), []).append(row)
        if name is None:
            continue
        earlier = first.setdefault(name, row)
        if leads[earlier] != leads[row]:
            others.append(row)
            continue
        copies += earlier != row
        block_ids[max(place for place, start in enumerate(starts) if start <= row)].add(name)
    for rows in mail_rows.values():
        if len(rows) <= 20:
            persons += [(row, leads[rows[0]][0]) for row in rows[1:] if leads[row][0] != leads[rows[0]][0]]
    named = [(owner or "").strip() for owner in owners]
    events = [[line for line, owner in enumerate(named, 1) if owner in ids] for ids in block_ids]
    unknown = [owner for owner in named if owner not in first]
    plain = {name.lstrip("0") for name in first}
    zeros = sum(owner.lstrip("0") in plain for owner in unknown if owner)
    return _Found(copies, others, sorted(persons), events, len(unknown), zeros)
