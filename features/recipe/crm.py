"""What a company's CRM holds: tables, the columns of leads, kinds of events."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, Field, model_validator

from features.recipe.formats import DateFormat, NumberFormat, ValueFormat
from features.recipe.section import Section

FieldType = Literal["number", "category", "text", "boolean", "date", "email", "phone"]
Known = Literal["creation", "current"]
EventMeaning = Literal["interest", "intent", "negative", "contact", "neutral"]
FieldMeaning = Literal[
    "size", "revenue", "industry", "country", "region", "founded", "company", "domain",
    "title", "origin", "campaign", "cost", "market",
]  # fmt: skip


class Source(Section):
    """A table: a `file` in the data folder, or a DuckDB `sql` over such files; `sha256` by file name."""

    file: str | None = None
    sql: str | None = None
    sha256: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"file": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_of(self) -> Self:
        if (self.file is None) == (self.sql is None):
            raise ValueError("needs either 'file' or 'sql'")
        return self


class TableSources(Section):
    """`[tables]`: where the company's tables are; only leads are required."""

    leads: Source
    events: Source | None = None
    outcomes: Source | None = None
    field_history: Source | None = None


class LeadField(Section):
    """`[lead.fields.NAME]`: a column of the leads, what it holds and when it was known.

    `format` is how its numbers or dates are written (see `ValueFormat`; needed only for texts that can be
    read in two ways). `missing` lists texts that mean "no value" beside the empty cell. `direction` is the
    sign that a model's margin may follow, for numbers whose effect is known (+1, −1). A field with
    `use = false` is as if it were not written; it keeps its place, so that one word puts it back.

    `means = "founded"` makes a year the company's age at as_of. Of the fields that mean origin or campaign,
    one known at creation is the first touch and a current one, with its history, the last touch.

    `rates` says for amounts with their currency beside them ("900 USD", "1 200 €") what one of each is worth
    in the currency that is counted in, as in `{ EUR = 1, USD = 0.9 }`; an amount in any other is an error.

    An infinite number, or one beyond 1e300 (`inf`, `1e400`, 400 digits), is no value, however it comes;
    `train` counts such cells among what it read.
    """

    type: FieldType
    known: Known = "creation"
    means: FieldMeaning | None = None
    column: str | None = None
    format: ValueFormat | None = None
    missing: tuple[str, ...] = ()
    direction: Literal[-1, 0, 1] = 0
    use: bool = True
    rates: dict[Annotated[str, Field(pattern="^[A-Z]{3}$")], Annotated[float, Field(gt=0)]] = Field(
        default_factory=dict
    )

    @property
    def misfit(self) -> str:
        """What is wrong with a `format` that does nothing for this type, '' where it fits.

        Not a validator: recipes inside artefacts were written when it was accepted, and must load.
        """
        if self.rates and self.type != "number":
            return f"rates do not fit type '{self.type}'; numbers alone have currencies"
        accepted = {"number": get_args(NumberFormat), "date": get_args(DateFormat)}.get(self.type, ())
        if self.format is None or self.format in accepted:
            return ""
        remedy = f"use one of {', '.join(accepted)}" if accepted else "numbers and dates alone have one"
        return f"format '{self.format}' does not fit type '{self.type}'; {remedy}"


def _in_use(fields: dict[str, LeadField]) -> dict[str, LeadField]:
    used = {name: field for name, field in fields.items() if field.use}
    first: dict[str, str] = {}
    for name in used:
        if (other := first.setdefault(name.casefold(), name)) != name:
            raise ValueError(
                f"the names '{other}' and '{name}' differ by case alone, which SQL takes for one; name one "
                "otherwise, and give it 'column'"
            )
    return used


class Leads(Section):
    """`[lead]`: the columns that are not signals, and the fields that are.

    Without `id` the row number names a lead; without `created_at` the order stands for time: the row
    order, or the column that `order` names. `created_format` is how the creation dates are written.
    """

    id: str | None = None
    created_at: str | None = None
    created_format: DateFormat | None = None
    order: str | None = None
    account_id: str | None = None
    cost: str | None = None
    opted_out: str | None = None
    fields: Annotated[dict[str, LeadField], AfterValidator(_in_use)] = Field(default_factory=dict)


class Events(Section):
    """`[events]`: the columns of the event log, and what each kind of event means.

    `occurred_format` is how its dates are written.
    """

    lead_id: str = "lead_id"
    occurred_at: str = "occurred_at"
    occurred_format: DateFormat | None = None
    kind: str = "kind"
    event_id: str | None = None
    ingested_at: str | None = None
    value: str | None = None
    kinds: dict[str, EventMeaning] = Field(min_length=1, max_length=1000)


class FieldHistory(Section):
    """`[field_history]`: the columns of the table of changes of current-valued fields.

    `old_value` is what a field held before a change: before the first one of a lead it held since ever.
    `names` are other names of the table for fields of the recipe, such as a CRM's own for columns that have
    labels. `unchanged = "present"` is for a table of changes alone: a lead without a change of a field that
    the table tells of has always had the present value; else it is not known.
    """

    lead_id: str = "lead_id"
    field: str = "field"
    value: str = "value"
    changed_at: str = "changed_at"
    old_value: str | None = None
    names: dict[str, str] = Field(default_factory=dict)
    unchanged: Literal["unknown", "present"] = "unknown"
