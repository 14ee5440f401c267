"""The leads that are open at a moment, with what a plan reads of them beside their features."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.cells import is_missing
from features.lead import Lead
from features.profiles import called_columns
from features.recipe import Recipe
from features.snapshots import open_leads
from features.tables import Tables, fetch_frame
from serving.asked import Asked, Decided
from serving.exploration import Arrived
from serving.qualification import check_items, qualified


@dataclass(frozen=True)
class OpenLeads:
    """Open leads in one order: `moments` (lead_id, as_of_us, row), `asked`, and their canonical cells.

    `cells(at)` gives the fields of one of them by the recipe's names: numbers, texts, None. `called` is what
    people call each, '' where its table holds no name.
    """

    recipe: Recipe
    moments: pd.DataFrame
    asked: list[Asked]
    rows: list[int]
    accounts: list[str | None]
    created_us: list[int | None]
    fields: pd.DataFrame
    called: list[str]

    def cells(self, at: int) -> Mapping[str, Any]:
        """The canonical fields of the lead at `at`."""
        return {name: self.fields[name].iat[at] for name in self.fields.columns}

    def arrived(self) -> list[Arrived]:
        """The leads as a draw looks at them; those without a date of creation cannot be drawn."""
        whole = zip(self.asked, self.accounts, self.created_us, strict=True)
        return [Arrived(lead.lead_id, account, at) for lead, account, at in whole if at is not None]

    def question(self, at: int) -> str | None:
        """What to ask the lead at `at` next, by the checklist, in the recipe's language; None without one."""
        if self.recipe.qualification is None:
            return None
        values = {name: None if cell != cell else cell for name, cell in self.cells(at).items()}
        lead = Lead(self.asked[at].lead_id, self.asked[at].as_of_us, None, values, None)
        found = qualified(self.recipe, lead)
        return None if found is None else found.question(self.recipe.recipe.language)


def open_with_stage(
    recipe: Recipe,
    tables: Tables,
    as_of_us: int,
    decided: Mapping[str, Decided] | None = None,
    opted_out: Container[str] = (),
) -> OpenLeads:
    """The leads open at `as_of_us`, with the stage that the CRM gave each last, and what people decided
    (bands by lead, `opted_out`).

    Fields are as the table of leads holds them now.

    Raises:
        LeadscoreError: the recipe fills an item that its checklist does not have.
    """
    check_items(recipe)
    moments = open_leads(recipe, tables, as_of_us).sort_values("row").reset_index(drop=True)
    leads = fetch_frame(tables.con, "leads").set_index("row").loc[moments["row"]]
    stages = _stages(tables, as_of_us)
    given = tables.events is not None or recipe.events is None
    asked = [
        Asked(
            str(lead),
            as_of_us,
            given,
            stages.get(int(row)),
            None,
            bool(out) or str(lead) in opted_out,
            decided=(decided or {}).get(str(lead)),
        )
        for lead, row, out in zip(moments["lead_id"], moments["row"], leads["opted_out"], strict=True)
    ]
    names = [name for name in recipe.lead.fields if f"f_{name}" in leads.columns]
    fields = leads[[f"f_{name}" for name in names]].set_axis(names, axis=1).reset_index(drop=True)
    return OpenLeads(
        recipe,
        moments,
        asked,
        [int(row) for row in moments["row"]],
        [_text(cell) for cell in leads["account_id"]],
        [None if pd.isna(us) else int(us) for us in leads["created_us"]],
        fields.astype(object).where(fields.notna(), None),
        _called(tables, moments),
    )


def _called(tables: Tables, moments: pd.DataFrame) -> list[str]:
    """Names of people and companies in the table as it was given."""
    raw = fetch_frame(tables.con, "raw_leads").iloc[moments["row"].to_numpy(int)]
    columns = [raw[name].tolist() for name in called_columns([str(name) for name in raw.columns])]
    named = zip(*columns, strict=True) if columns else iter([()] * len(raw))
    return [" ".join(str(cell).strip() for cell in cells if not is_missing(cell)) for cells in named]


def _stages(tables: Tables, as_of_us: int) -> dict[int, str]:
    """Row → the last stage that was dated up to then."""
    if tables.outcomes is None:
        return {}
    query = (
        f"SELECT row, arg_max(stage, occurred_us) FROM outcomes WHERE occurred_us <= {as_of_us} GROUP BY row"
    )
    return {int(row): str(stage) for row, stage in tables.con.raw_sql(query).fetchall() if stage is not None}


def _text(cell: Any) -> str | None:
    return None if cell is None or cell != cell else str(cell)
