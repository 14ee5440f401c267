"""A first playbook for a recipe: office hours, common attempts, a sequence for each kind of action."""

from __future__ import annotations

import json

from features.language import Language
from features.recipe import Recipe
from serving.playbook.maturity import UNSUBSCRIBE_WORDS, Wishes, is_called
from serving.words.translation import translated

_HEAD = """\
# How leads are worked: 'leadscore plan' makes today's list of it. Every value here is a place to start.
version = 1
{country}
[hours]  # wall clock of the recipe's zone; public holidays of the country are closed
mon = ["09:00-12:30", "14:00-18:00"]
tue = ["09:00-12:30", "14:00-18:00"]
wed = ["09:00-12:30", "14:00-18:00"]
thu = ["09:00-12:30", "14:00-18:00"]
fri = ["09:00-12:30", "14:00-17:00"]

[contact]
hot_minutes = 5                       # open minutes to answer a hot lead that asked within the hour
warm_minutes = 240
attempts = 6                          # without an answer; then it rests
again_hours = [4, 24, 48, 72, 120]    # between attempts
no_shows = 2
recycle_days = 90
"""
_OWNERS = """
# One [[owner]] a person: accounts = ["…"], territories = ["…"], share = 2, per_day = 20, most_open = 80,
# left = 2026-12-31 (gets nothing from then on), away = [[2026-12-21, 2026-12-31]].
# [routing] owner = "…" and territory = "…" name the fields of the leads that hold them; by = "load" gives
# a lead without an owner to whom has the fewest open ones for their share.
"""


def starter(recipe: Recipe) -> str:
    """The TOML text of a playbook that fits `recipe`; ends with a line break."""
    country = recipe.recipe.country
    named = f"country = {json.dumps(country)}\n" if country else (
        '# country = "FR"   # whose public holidays and law are minded\n'
    )  # fmt: skip
    return "".join([_HEAD.format(country=named), _consent(recipe), _OWNERS, *_sequences(recipe)])


def _consent(recipe: Recipe) -> str:
    """The fields of the recipe that may hold a consent, by their names."""
    words = {
        "phone": ("phone_consent", "consent_phone", "call_ok"),
        "email": ("newsletter", "opt_in", "optin"),
    }
    found = {
        key: name
        for key, called in words.items()
        for name, field in recipe.lead.fields.items()
        if field.type == "boolean" and is_called(name, called)
    }
    if not found:
        return (
            '\n# [consent] phone = "…" and email = "…" name the boolean fields of the leads that hold it.\n'
        )
    lines = [f"{key} = {json.dumps(name)}" for key, name in found.items()]
    return "\n".join(["", "[consent]  # boolean fields of the leads", *lines, ""])


def _sequences(recipe: Recipe) -> list[str]:
    declared = recipe.events.kinds if recipe.events else {}
    wishes, language = Wishes(recipe), recipe.recipe.language
    webinars = [kind for kind in declared if is_called(kind, ("webinar",))]
    stops = list(wishes.asked_kinds)
    stops += [kind for kind in declared if is_called(kind, (*UNSUBSCRIBE_WORDS, "reply", "replied"))]
    found = []
    if webinars:
        steps = [(1, "recording and slides"), (4, "how a customer did it"), (9, "an offer to talk")]
        found.append(_sequence("after a webinar", webinars, stops, steps, language))
    if wishes.lone_kinds:
        steps = [(1, "the document, and its short version"), (6, "a case like theirs"), (14, "an invitation")]
        found.append(_sequence("after a download", list(wishes.lone_kinds), stops, steps, language))
    steps = [(3, "who we are"), (17, "what others ask first"), (45, "news")]
    found.append(_sequence("welcome", [], stops, steps, language))
    return found


def _sequence(
    name: str, after: list[str], stops: list[str], steps: list[tuple[int, str]], language: Language
) -> str:
    """A sequence whose names are in `language`."""

    def told(text: str) -> str:
        return json.dumps(translated(text, language), ensure_ascii=False)

    lines = ["", "[[sequence]]", f"name = {told(name)}"]
    lines += [f"after = {json.dumps(after)}"] if after else []
    lines += [f"stops = {json.dumps(stops)}"] if stops else []
    for days, what in steps:
        lines += ["[[sequence.step]]", f"after_days = {days}", f"what = {told(what)}"]
    return "\n".join([*lines, ""])
