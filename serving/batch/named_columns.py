"""Columns of an export that a person has named: which field each is, whatever it is called."""

from __future__ import annotations

from collections.abc import Mapping

from features.errors import LeadscoreError, nearest_name
from features.exports import Spool
from features.recipe import Recipe
from serving.batch.absent_columns import columns_read


def nameable(recipe: Recipe) -> dict[str, str]:
    """Each role and field that a person may name a column for, and the column that `recipe` names."""
    found = columns_read(recipe)
    if recipe.outcomes.column is None and recipe.outcomes.stage is not None:
        found = {"stage": recipe.outcomes.stage} | found
    return found


def renamed(recipe: Recipe, leads: Spool, columns: Mapping[str, str]) -> Spool:
    """`leads`, read under the names of `recipe`: `columns` says which column each field or role is.

    '' is none: then the field is read from no column. A column that has the name of a field which is read
    from another is not read.

    Raises:
        LeadscoreError: a field or column that there is not, a column that is named for two fields, or two for
            what is read from one.
    """
    known, wanted = nameable(recipe), dict[str, str]()
    for field, column in columns.items():
        if field not in known:
            raise LeadscoreError(
                f"--column: the recipe reads no field '{field}'.", nearest_name(field, known)
            )
        if column and column not in leads.names:
            remedy = nearest_name(column, leads.names)
            raise LeadscoreError(f"--column {field}: {leads.name} has no column '{column}'.", remedy)
        if wanted.get(column, known[field]) != known[field]:
            raise LeadscoreError(
                f"--column: '{column}' is named for two fields.", "Name a column for one field only."
            )
        if column and known[field] in {own for name, own in wanted.items() if name != column}:
            raise LeadscoreError(
                f"--column: two columns are named for '{known[field]}', which several fields read.",
                "Name one column for all of them.",
            )
        if column:
            wanted[column] = known[field]
    taken = {known[field] for field in columns}
    names = list[str]()
    for name in leads.names:
        own = wanted.get(name) or (_aside(name, leads.names) if name in taken else name)
        names.append(own)
    return leads.renamed(names)


def _aside(name: str, taken: tuple[str, ...]) -> str:
    """A name that nothing is read by."""
    while name in taken:
        name += " (not read)"
    return name
