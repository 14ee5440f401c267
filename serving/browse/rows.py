"""A scored export, asked row by row from the disk: filters, counts and pages over any number of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb

from features.profiles import called_columns, plain, presets
from features.recipe import Recipe
from features.sql import quoted
from serving.browse.laid import LaidDown, laid_down
from serving.jobs import Job
from serving.returned import ADDED

_NUMBERS = ("ls_rank", "ls_score", "ls_probability", "ls_interval_low", "ls_interval_high")
_OWNERS = frozenset({
    "owner", "contact owner", "hubspot owner id", "lead owner", "owner name", "owner id", "ownerid",
    "person owner", "proprietaire", "proprietaire du contact", "proprietaire de la piste", "commercial",
    "responsable", "account owner", "sales owner", "sales rep", "assigned to",
})  # fmt: skip
_MOST_VALUES = 100


@dataclass(frozen=True)
class Wanted:
    """Which rows: of a maturity, an owner, an origin, with a text in them ('': any)."""

    maturity: str = ""
    owner: str = ""
    origin: str = ""
    text: str = ""


@dataclass(frozen=True)
class ScoredRows:
    """The rows of a scored export and its events; `owner` and `origin` are the columns of such ('': none).

    Of the leads `opted_out` nothing is told that a model said, whatever the export holds: they may have
    objected to being profiled since it was scored.
    """

    leads: LaidDown
    events: LaidDown | None
    id: str
    owner: str
    origin: str
    called: tuple[str, ...]
    opted_out: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def of(
        cls, job: Job, recipe: Recipe, columns: Mapping[str, str], opted_out: frozenset[str] = frozenset()
    ) -> ScoredRows:
        """Those of a job that is done; laid down when they are first asked for.

        `columns` says where each field of `recipe` is read from.

        Raises:
            LeadscoreError: the result cannot be read.
        """
        both = laid_down(job)
        names = [name for name in both.leads.names if name not in ADDED]
        origins = [columns[key] for key, field in recipe.lead.fields.items() if field.means == "origin"]
        owner = next((name for name in names if plain(name) in _OWNERS), "")
        origin = next((name for name in origins if name in names), "") or _first(names, "origin")
        return cls(
            both.leads, both.events, columns.get("id", ""), owner, origin, called_columns(names), opted_out
        )

    def count(self, wanted: Wanted) -> int:
        """How many rows are wanted."""
        with self._asked() as con:
            where, values = self._where(wanted)
            return int(con.execute(f"SELECT count(*) FROM rows WHERE {where}", values).fetchall()[0][0])

    def page(self, wanted: Wanted, first: int, most: int) -> list[dict[str, Any]]:
        """`most` wanted rows from the `first` on, the most probable first; each with its `row`."""
        with self._asked() as con:
            where, values = self._where(wanted)
            query = f"SELECT * FROM rows WHERE {where} ORDER BY ls_rank NULLS LAST, row LIMIT ? OFFSET ?"
            return self._records(con.execute(query, [*values, most, first]))

    def places(self, wanted: Wanted) -> list[int]:
        """The rows that are wanted, in the order of the file."""
        with self._asked() as con:
            where, values = self._where(wanted)
            return [
                row
                for (row,) in con.execute(
                    f"SELECT row FROM rows WHERE {where} ORDER BY row", values
                ).fetchall()
            ]

    def objecting(self) -> list[int]:
        """The rows of who objects, in the order of the file."""
        if not self.opted_out or self.id not in self.leads.names:
            return []
        with self._asked() as con:
            query = f"SELECT row FROM rows WHERE trim({self._name(self.id)}::VARCHAR) IN (FROM objecting)"
            return [row for (row,) in con.execute(f"{query} ORDER BY row").fetchall()]

    def row(self, place: int) -> dict[str, Any] | None:
        """One row, None where there is none."""
        with self._asked() as con:
            return next(iter(self._records(con.execute("SELECT * FROM rows WHERE row = ?", [place]))), None)

    def won(self, most: int) -> list[dict[str, Any]]:
        """Rows of leads that have become customers."""
        with self._asked() as con:
            query = (
                "SELECT * FROM rows WHERE ls_status = 'closed' AND ls_stage = 'customer' ORDER BY row LIMIT ?"
            )
            return self._records(con.execute(query, [most]))

    def usual(self, column: str) -> tuple[float, float] | None:
        """Between which numbers nine of ten cells of a column are; None where they are no plain numbers."""
        if column not in self.leads.names:
            return None
        with self._asked() as con:
            query = (
                f"""SELECT quantile_cont(TRY_CAST({self._name(column)} AS DOUBLE), [0.05, 0.95]) FROM rows"""
            )
            ends = con.execute(query).fetchall()[0][0]
        return (float(ends[0]), float(ends[1])) if ends and ends[0] < ends[1] else None

    def values(self, column: str) -> list[tuple[str, int]]:
        """The commonest cells of a column, with their numbers."""
        if not column:
            return []
        name = self._name(column)
        with self._asked() as con:
            query = f"""SELECT {name}::VARCHAR AS v, count(*) FROM rows WHERE {name} IS NOT NULL
                        AND {name}::VARCHAR <> '' GROUP BY v ORDER BY 2 DESC, 1 LIMIT {_MOST_VALUES}"""
            return [(str(value), int(count)) for value, count in con.execute(query).fetchall()]

    def figures(self, wanted: Wanted) -> tuple[dict[str, int], float, list[tuple[int, str, int]]]:
        """Rows by maturity, how many are expected to convert, and (ten of the score, maturity, rows)."""
        where, values = self._where(wanted)
        with self._asked() as con:
            by = con.execute(
                f"SELECT ls_maturity, count(*), sum(ls_probability) FROM rows WHERE {where} GROUP BY 1",
                values,
            ).fetchall()
            bands = con.execute(
                f"""SELECT floor(ls_score / 10)::INTEGER, coalesce(ls_maturity, ''), count(*) FROM rows
                    WHERE ls_score IS NOT NULL AND {where} GROUP BY 1, 2 ORDER BY 1""",
                values,
            ).fetchall()
        counts = {str(name): int(count) for name, count, _ in by if name}
        expected = sum(float(added or 0.0) for _, _, added in by)
        return counts, expected, [(int(ten), str(name), int(count)) for ten, name, count in bands]

    def happened(self, recipe: Recipe, lead_id: str) -> list[dict[str, Any]] | None:
        """The raw events of a lead under the recipe's names, None where no events were given."""
        declared, events = recipe.events, self.events
        if declared is None or events is None:
            return None
        roles = {"occurred_at": declared.occurred_at, "kind": declared.kind, "value": declared.value,
                 "event_id": declared.event_id, "ingested_at": declared.ingested_at}  # fmt: skip
        held = {role: name for role, name in roles.items() if name in events.names}
        chosen = ", ".join(f"{events.column(str(name))} AS {role}" for role, name in held.items())
        owner = f"{events.column(declared.lead_id)}::VARCHAR"
        with self._asked() as con:
            query = f"SELECT {chosen} FROM read_parquet({quoted(events.path)}) WHERE trim({owner}) = ?"
            return self._records(con.execute(query, [lead_id]))

    @contextmanager
    def _asked(self) -> Iterator[Any]:
        """A connection that has the leads as the view `rows`, with numbers as numbers."""
        chosen = [f"{self._read(name)} AS {self._name(name)}" for name in self.leads.names]
        with duckdb.connect() as con:
            con.execute("SET memory_limit = '500MB'; SET threads = 2")
            con.execute("CREATE TABLE objecting AS SELECT unnest(?::VARCHAR[]) AS id", [[*self.opted_out]])
            con.execute(
                f"""CREATE VIEW rows AS SELECT file_row_number AS row, {", ".join(chosen)}
                    FROM read_parquet({quoted(self.leads.path)}, file_row_number = true)"""
            )
            yield con

    def _read(self, name: str) -> str:
        """A column in SQL; of who objects what a model said is nothing, and their status says why."""
        cell = self.leads.column(name)
        if name in _NUMBERS:
            cell = f"TRY_CAST({cell} AS DOUBLE)"
        if not self.opted_out or self.id not in self.leads.names or not name.startswith("ls_"):
            return cell
        if name == "ls_as_of":  # what the lead was is still asked as of then
            return cell
        told = "'opted_out'" if name == "ls_status" else "NULL"
        objects = f"trim({self.leads.column(self.id)}::VARCHAR) IN (FROM objecting)"
        return f"CASE WHEN {objects} THEN {told} ELSE {cell} END"

    def _name(self, column: str) -> str:
        """What a column is called in `rows`: ours by their names, theirs by number, whatever they are."""
        return column if column in ADDED else f"x{self.leads.names.index(column)}"

    def _records(self, found: Any) -> list[dict[str, Any]]:
        back = {self._name(name): name for name in self.leads.names}
        names = [back.get(one[0], one[0]) for one in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _where(self, wanted: Wanted) -> tuple[str, list[Any]]:
        terms, values = ["true"], list[Any]()
        for column, value in (
            ("ls_maturity", wanted.maturity), (self.owner, wanted.owner), (self.origin, wanted.origin),
        ):  # fmt: skip
            if column and value:
                terms.append(f"{self._name(column)}::VARCHAR = ?")
                values.append(value)
        searched = [
            self._name(name) for name in dict.fromkeys((self.id, *self.called)) if name in self.leads.names
        ]
        if wanted.text and searched:
            terms.append("(" + " OR ".join(f"contains(lower({name}::VARCHAR), ?)" for name in searched) + ")")
            values += [wanted.text.lower()] * len(searched)
        return " AND ".join(terms), values


def _first(names: Sequence[str], means: str) -> str:
    """The first of `names` that some CRM's preset says to mean `means`."""
    known = {
        plain(name) for preset in presets().values() for column in preset.columns.values()
        if column.means == means for name in column.names
    }  # fmt: skip
    return next((name for name in names if plain(name) in known), "")
