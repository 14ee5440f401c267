"""HubSpot's lead-score definitions, read into a scorecard and written from one.

Of a score HubSpot documents groups with their least and most points, and rules with theirs
(developers.hubspot.com, marketing/lead-scoring, 2026-09-beta). Whom a rule is for is read and written in the
shape of HubSpot's list filters (crm/v3/lists), as far as it is about properties; the rest is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.rules.card import AXES, FieldRule, Scorecard

_CONTACTS = "0-1"
_REMEDY = "Export the score again: GET /marketing/lead-scoring/2026-09-beta/scores/{scoreId}."
_LOW, _HIGH = "IS_GREATER_THAN_OR_EQUAL_TO", "IS_LESS_THAN"


@dataclass
class Converted:
    """The text of the other side, and the rules that it cannot hold, in words."""

    text: str
    left_out: list[str] = field(default_factory=list)


def from_hubspot(text: str, recipe: Recipe, name: str) -> Converted:
    """A scorecard in TOML from a definition in JSON; `name` is that of its file.

    Raises:
        LeadscoreError: it is no definition of a score.
    """
    try:
        content = json.loads(text)
        groups = content["groupConfigs"]
    except (ValueError, KeyError, TypeError):
        raise LeadscoreError(
            f"{name}: is no lead score of HubSpot: it has no 'groupConfigs'.", _REMEDY
        ) from None
    fields = {field.column or key: key for key, field in recipe.lead.fields.items()}
    fields |= {key: key for key in recipe.lead.fields}
    found = Converted(f"# From the HubSpot score {_quoted(content.get('name', name))}.\nversion = 1\n")
    taken: set[str] = set()
    for group in groups:
        _read_group(group, fields, recipe, taken, found)
    return found


def _read_group(
    group: Mapping[str, Any], fields: Mapping[str, str], recipe: Recipe, taken: set[str], found: Converted
) -> None:
    called = str(group.get("groupName") or "group")
    called = f"{called} rules" if called in AXES else called  # ours of that name hold all rules of an axis
    rules = []
    for number, rule in enumerate(group.get("ruleConfigurations") or (), 1):
        where = f"group '{called}', rule {number}"
        if not rule.get("enabled", True):
            found.left_out.append(f"{where}: is switched off")
            continue
        read = _read_rule(rule, fields, recipe)
        if isinstance(read, str):
            found.left_out.append(f"{where}: {read}")
        else:
            title = next(t for t in (f"{read[0]} {n}" for n in range(1, 10_000)) if t not in taken)
            taken.add(title)
            rules.append((title, *read))
    if not rules:
        return
    ends = [(key, group.get(theirs)) for key, theirs in (("most", "maxValue"), ("least", "minValue"))]
    kept = [f"{key} = {float(end):g}" for key, end in ends if end is not None and _holds(key, float(end))]
    if kept:
        found.text += "\n".join(["", f"[groups.{_quoted(called)}]", *kept, ""])
    for title, name, way in rules:
        lines = ["", "[[fit]]", f"name = {_quoted(title)}", f"field = {_quoted(name)}", way]
        found.text += "\n".join([*lines, *([f"group = {_quoted(called)}"] if kept else []), ""])


def _holds(key: str, end: float) -> bool:
    """Whether a cap can be one of ours, which hold 0."""
    return end >= 0 if key == "most" else end <= 0


def _read_rule(rule: Mapping[str, Any], fields: Mapping[str, str], recipe: Recipe) -> tuple[str, str] | str:
    """(field, the line of its points), or what keeps it from being read."""
    configuration = rule.get("configuration") or {}
    calculation = configuration.get("calculation") or {}
    if calculation.get("type") != "CONSTANT" or not isinstance(calculation.get("value"), int | float):
        return f"its points are calculated ({calculation.get('type')}), not constant"
    filters = list(_filters(configuration))
    if not filters:
        return "whom it is for is not in it"
    names = {one.get("property") for one in filters}
    if any(one.get("filterType") != "PROPERTY" for one in filters) or len(names) != 1:
        return "it is about events, or about several properties at once"
    (theirs,) = names
    if theirs not in fields:
        return f"the recipe has no field with the column '{theirs}'"
    own = fields[str(theirs)]
    way = _way(filters, float(calculation["value"]), recipe.lead.fields[own].type)
    return (own, way) if way is not None else f"its condition on '{theirs}' has no counterpart"


def _filters(content: Any) -> Iterator[Mapping[str, Any]]:
    """Every filter anywhere in a rule's configuration."""
    if isinstance(content, Mapping):
        yield from (one for one in content.get("filters") or () if isinstance(one, Mapping))
        for key, inner in content.items():
            if key != "filters":
                yield from _filters(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from _filters(inner)


def _way(filters: Sequence[Mapping[str, Any]], points: float, type: str) -> str | None:
    """The line of a [[fit]] rule that says the same, None where none does."""
    ends: dict[str, float] = {}
    words: list[str] = []
    for one in filters:
        operation = one.get("operation") or {}
        operator, value = operation.get("operator"), operation.get("value")
        if operator in (_LOW, _HIGH) and isinstance(value, int | float):
            ends["from" if operator == _LOW else "to"] = float(value)
        elif operator in ("IS_ANY_OF", "IS_EQUAL_TO", "CONTAINS"):
            listed = operation.get("values") or ([value] if value is not None else [])
            words += [str(word).lower() for word in listed]
        else:
            return None
    if ends and not words and type in ("number", "date"):
        band = ", ".join(f"{key} = {end!r}" for key, end in ends.items())
        return f"bands = [{{ {band}, points = {points:g} }}]"
    if words and not ends and type == "category":
        return f"match = {{ {', '.join(f'{_quoted(word)} = {points:g}' for word in dict.fromkeys(words))} }}"
    if words and not ends and type == "text":
        listed = json.dumps(list(dict.fromkeys(words)), ensure_ascii=False)
        return f"keywords = [{{ words = {listed}, points = {points:g} }}]"
    return None


def to_hubspot(card: Scorecard, recipe: Recipe, name: str) -> Converted:
    """The definition of a HubSpot score in JSON; what HubSpot has no rule for is left out and named."""
    groups: dict[str, list[dict[str, Any]]] = {}
    found = Converted("")
    for rule in card.fit:
        if rule.field not in recipe.lead.fields or recipe.lead.fields[rule.field].type in ("email", "phone"):
            found.left_out.append(f"[fit] '{rule.name}': '{rule.field}' is no property of HubSpot")
            continue
        column = recipe.lead.fields[rule.field].column or rule.field
        rules = [_constant(points, column, filters) for points, filters in _cases(rule)]
        groups.setdefault(rule.group or "fit", []).extend(rules)
        if len(rule.keywords) > 1:
            found.left_out.append(f"[fit] '{rule.name}': that the first list counts alone; HubSpot adds up")
        if rule.other or rule.missing:
            found.left_out.append(f"[fit] '{rule.name}': points of other and of missing values")
    found.left_out += [
        f"[engagement] '{rule.name}': which events of HubSpot its are is not known"
        for rule in card.engagement
    ]
    found.left_out += [f"[exclude] '{rule.name}': HubSpot's scores exclude by lists" for rule in card.exclude]
    configs: list[dict[str, Any]] = [
        {
            "groupCategory": "FIT",
            "groupName": called,
            **_ends(card, called, rules),
            "ruleConfigurations": rules,
        }
        for called, rules in groups.items()
    ]
    most = max(1, round(sum(config["maxValue"] for config in configs)))
    content = {"name": name, "objectTypeId": _CONTACTS, "maxScore": most, "allowedGroupTypes": ["FIT"],
               "groupConfigs": configs}  # fmt: skip
    found.text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    return found


def _ends(card: Scorecard, group: str, rules: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The least and most points of a group: its cap, else what its rules can come to."""
    cap = card.groups.get(group)
    least, most = (None, None) if cap is None else (cap.least, cap.most)
    lowest, highest = (sum(rule[end] for rule in rules) for end in ("minimumValue", "maximumValue"))
    return {"minValue": lowest if least is None else least, "maxValue": highest if most is None else most}


def _cases(rule: FieldRule) -> Iterator[tuple[float, list[dict[str, Any]]]]:
    """(points, filter operations) for each band, value or list of words."""
    for band in rule.bands:
        ends = ((_LOW, band.lowest), (_HIGH, band.highest))
        yield (
            band.points,
            [_operation("NUMBER", operator, value=end) for operator, end in ends if end is not None],
        )
    for word, points in rule.match.items():
        yield points, [_operation("ENUMERATION", "IS_ANY_OF", values=[word])]
    for keywords in rule.keywords:
        yield keywords.points, [_operation("MULTISTRING", "CONTAINS", values=list(keywords.words))]


def _operation(kind: str, operator: str, **said: Any) -> dict[str, Any]:
    return {"operationType": kind, "operator": operator, "includeObjectsWithNoValueSet": False, **said}


def _constant(points: float, column: str, operations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    filters = [{"filterType": "PROPERTY", "property": column, "operation": one} for one in operations]
    branch = {"filterBranchType": "AND", "filterBranches": [], "filters": filters}
    configuration = {"calculation": {"type": "CONSTANT", "value": points}, "filterBranch": branch}
    ends = {"minimumValue": min(points, 0), "maximumValue": max(points, 0)}
    return {"enabled": True, **ends, "configuration": configuration}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
