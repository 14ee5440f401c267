"""Who should answer now? The version that the registry names, if its callers need not change."""

from __future__ import annotations

from features.errors import LeadscoreError
from features.lead import EVENT_KEYS, accepted_fields, fields_read
from features.recipe import Recipe
from serving.answer import Opened, open_version
from serving.registry import ChampionRef, find_champion, just_begun, resolve, store_address


def named_now(opened: Opened, model: str | None) -> ChampionRef | None:
    """The version that is to answer: what the address `model` leads to, else the champion by this name.

    None where there is no champion. A folder or a numbered version leads to itself for ever.

    Raises:
        StoreError: the store cannot be read.
        LeadscoreError: nothing is there under that address any more.
    """
    if model is not None:
        return resolve(model)
    if opened.ref is None and just_begun(store_address()):  # a first training makes the store, and soon has
        return None
    return find_champion(None if opened.fresh else opened.ladder.recipe.name)


def beside_now(opened: Opened) -> tuple[ChampionRef | None, ...]:
    """Who is to answer for the milestones of what answers now."""
    return tuple(find_champion(step.recipe.name) for step in opened.ladder.steps)


def open_successor(opened: Opened, ref: ChampionRef, recipe: Recipe | None) -> Opened:
    """The ladder of `ref`, which is to answer in place of `opened`.

    Raises:
        LeadscoreError: it cannot be loaded whole, or requests that were accepted would be refused.
    """
    found = open_version(ref, recipe)
    broken = [] if opened.fresh else breaks(opened.ladder.recipe, found.ladder.recipe)
    if broken:
        raise LeadscoreError(
            f"{', '.join(broken)}: requests that are accepted now would be refused",
            "Restart the service once its callers send what the new version reads, or roll back.",
        )
    return found


def breaks(old: Recipe, new: Recipe) -> list[str]:
    """What of a request that `old` accepts `new` would refuse or read otherwise, in words; empty: nothing."""
    before, after = accepted_fields(old), accepted_fields(new)
    found = [f"'{key}' is no field any more" for key in before if key not in after]
    for key in (key for key in before if key in after):
        was, is_now = _kind(old, key), _kind(new, key)
        if was != is_now:
            found.append(f"'{key}' was {was} and is {is_now}")
    columns = _event_columns(new)
    for column, role in _event_columns(old).items() if new.events else ():
        if columns.get(column, role if column == role else None) != role:
            found.append(f"'{column}' of events is not their {role} any more")
    return found


def _kind(recipe: Recipe, key: str) -> str:
    """What a key of `fields` holds: the role of its column, type and format of the declared fields.

    Beside a role a field of any text asks nothing more of a request.
    """
    role, names = accepted_fields(recipe)[key], fields_read(recipe)[key]
    fields = [recipe.lead.fields[name] for name in names]
    column = [] if role.startswith("field:") else [f"the column of {role}"]
    if column:
        fields = [field for field in fields if field.type not in ("category", "text")]
    said = [field.type if field.format is None else f"{field.type} ({field.format})" for field in fields]
    return " and ".join(dict.fromkeys([*column, *said]))


def _event_columns(recipe: Recipe) -> dict[str, str]:
    """The columns of events under names of their own → the roles that they play.

    A kind that a recipe does not name is none that is refused: the answer warns of it.
    """
    if recipe.events is None:
        return {}
    return {str(getattr(recipe.events, role)): role for role in EVENT_KEYS if getattr(recipe.events, role)}
