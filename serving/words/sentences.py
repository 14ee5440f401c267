"""The words of a signal and its facts, as a salesperson would say them to another."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from features.catalogue import KeywordGroup, kinds_label
from features.language import Language
from features.recipe import Recipe
from serving.words.facts import Facts
from serving.words.kinds import known_kind
from serving.words.language import catalogue, common_names
from serving.words.signals import Kind, LeadSignal
from serving.words.values import ago, amount, counted, day, number

_SOME_WORDS = 3


@dataclass(frozen=True)
class Teller:
    """Says what is the case, in one language, about the leads of one recipe."""

    recipe: Recipe
    language: Language

    def said(self, signal: LeadSignal, facts: Facts) -> str:
        """What is the case with a lead, such as 'asked for a demo 2 days ago'."""
        return _TELLERS[signal.kind](self, signal, *facts)

    def called(self, signal: LeadSignal) -> str:
        """What a signal is called in a table, such as 'company size'."""
        signals = self.words("signals")
        if signal.kind == "events":
            return signals.get(_group(signal)) or self.kind_called(signal)
        if signal.kind == "gap":
            return signal.features[0].label
        return self.label(signal.field) if signal.field else str(signals[signal.kind])

    def happened(self, kind: str) -> str:
        """What one event of a kind is told as, such as 'asked for a demo'."""
        meanings = dict(self.recipe.events.kinds) if self.recipe.events else {}
        known = known_kind(kind, meanings.get(kind) == "negative")
        return (
            kinds_label((kind,), None)
            if known is None
            else counted(self.words("kinds")[known], 1, self.language)
        )

    def words(self, section: str) -> dict[str, Any]:
        """A section of the catalogue."""
        return catalogue(self.language)[section]

    def label(self, field: str) -> str:
        """What a field is called: by its meaning, where no other field means the same; else its own name.

        A common name is said in the language, any other as the company wrote it.
        """
        declared = self.recipe.lead.fields.get(field)
        if declared is None:
            return self.named(field)
        meaning = declared.means or declared.type
        alike = [f for f in self.recipe.lead.fields.values() if (f.means or f.type) == meaning]
        if len(alike) == 1 and meaning in self.words("labels"):
            return str(self.words("labels")[meaning])
        named = declared.column if declared.column and " " in declared.column else field
        return self.named(named)

    def named(self, name: str) -> str:
        """The name of a field that nothing is declared of."""
        said = kinds_label((name,), None)
        return common_names(self.language).get(re.sub(r"[\W_]+", " ", said.casefold()).strip(), said)

    def kind_called(self, signal: LeadSignal) -> str:
        """The kinds of events of a signal, by their own names."""
        return ", ".join(kinds_label((kind,), None) for kind in signal.events[:_SOME_WORDS])


def forms_of(teller: Teller, signal: LeadSignal) -> dict[str, str]:
    """The forms of words for a signal's events: once, several times, never."""
    group = _group(signal)
    named = teller.kind_called(signal).replace("{", "").replace("}", "")
    if group in teller.words("groups"):
        return {
            form: words.replace("{kinds}", named) for form, words in teller.words("groups")[group].items()
        }
    meanings = dict(teller.recipe.events.kinds) if teller.recipe.events else {}
    known = known_kind(signal.events[0], meanings.get(signal.events[0]) == "negative")
    kinds = teller.words("kinds")
    if known is not None and len(signal.events) == 1:
        return dict(kinds[known])
    return {form: words.replace("{kind}", named) for form, words in kinds["other"].items()}


def _group(signal: LeadSignal) -> str:
    """The name of a set of kinds, '' for a single one."""
    name = signal.key.removeprefix("events:")
    return "any" if not signal.events else name.strip("()") if name.startswith("(") else ""


def _events(tell: Teller, signal: LeadSignal, count: int | None, days: int | None) -> str:
    """'asked for a demo 2 days ago', 'opened 17 e-mails, most recently yesterday'."""
    forms, words = forms_of(tell, signal), tell.words("events")
    if count is None and days is None:
        return str(words["not_known"]).format(what=tell.called(signal))
    n = 1 if count is None else count
    what = counted(forms, n, tell.language)
    if n == 0 or days is None:
        return what
    when = ago(days, tell.language)
    single = n == 1 and _group(signal) == ""
    return str(words["once" if single else "often"]).format(
        what=what.split(":")[0] if single else what, ago=when
    )


def _number(tell: Teller, signal: LeadSignal, value: float | None) -> str:
    if value is None:
        return str(tell.words("fields")["missing"]).format(label=tell.label(signal.field))
    fields, declared = tell.words("fields"), tell.recipe.lead.fields.get(signal.field)
    means = declared.means if declared else None
    if means == "size" and value == int(value) and value >= 0:
        return counted(fields["people"], int(value), tell.language)
    if means == "revenue":
        return str(fields["revenue"]).format(n=amount(value, tell.language))
    return str(fields["value"]).format(label=tell.label(signal.field), value=number(value, tell.language))


def _category(tell: Teller, signal: LeadSignal, level: str | None) -> str:
    fields, label = tell.words("fields"), tell.label(signal.field)
    if level is None:
        return str(fields["missing"]).format(label=label)
    declared = tell.recipe.lead.fields.get(signal.field)
    return str(fields["value"]).format(label=label, value=_level(level, declared.means if declared else None))


def _level(level: str, means: str | None) -> str:
    """A level, which is kept without capitals, with those that it most likely had."""
    if means in ("country", "region", "market") and len(level) <= 3:
        return level.upper()
    if means in ("country", "region", "company"):
        return re.sub(r"[^\W\d_]{4,}|^[^\W\d_]+", lambda word: word[0].capitalize(), level)
    return level[:1].upper() + level[1:]


def _boolean(tell: Teller, signal: LeadSignal, value: int | None) -> str:
    fields, label = tell.words("fields"), tell.label(signal.field)
    if value is None:
        return str(fields["missing"]).format(label=label)
    return str(fields["value"]).format(label=label, value=fields["yes" if value else "no"])


def _email(tell: Teller, signal: LeadSignal, kind: str | None, same: int | None, owner: str | None) -> str:
    words = tell.words("email")
    said = str(words[kind if kind in words else "none" if kind is None else "other"])
    if kind == "business" and same is not None:
        said = str(words["own" if same else "foreign"])
    return str(words["owner"]).format(words=said, owner=owner) if owner else said


def _phone(tell: Teller, signal: LeadSignal, value: int | None) -> str:
    return str(tell.words("phone")["none" if value is None else "yes" if value else "no"])


def _title(tell: Teller, signal: LeadSignal, found: str | None) -> str:
    words, label = tell.words("title"), tell.label(signal.field)
    if found is None:
        return str(tell.words("fields")["missing"]).format(label=label)
    groups = [f for f in signal.features if isinstance(f, KeywordGroup)]
    named = any(group.called in words for group in groups)
    if not found:
        return str(words["none" if named else "silent"]).format(label=label)
    if named:
        return str(words["said"]).format(
            label=label, groups=", ".join(words[name] for name in found.split("+"))
        )
    first = groups[int(found.split("+")[0].removeprefix("="))].keywords
    some = ", ".join(first[:_SOME_WORDS]) + ("…" if len(first) > _SOME_WORDS else "")
    return str(words["mentions"]).format(label=label, words=some)


def _filled(tell: Teller, signal: LeadSignal, value: int | None) -> str:
    return str(tell.words("fields")["filled" if value else "missing"]).format(label=tell.label(signal.field))


def _date(tell: Teller, signal: LeadSignal, date: int | None, days: int | None) -> str:
    fields, label = tell.words("fields"), tell.label(signal.field)
    if date is None:
        return str(fields["missing"]).format(label=label)
    if days is None:
        return str(fields["value"]).format(label=label, value=day(date, tell.language))
    when = ago(days, tell.language)
    return str(fields["date"]).format(label=label, date=day(date, tell.language), ago=when)


def _founded(tell: Teller, signal: LeadSignal, years: int | None) -> str:
    fields = tell.words("fields")
    if years is None:
        return str(fields["missing"]).format(label=tell.label(signal.field))
    if years < 1:
        return str(fields["founded_this_year"])
    return str(fields["founded"]).format(ago=counted(tell.words("ago")["years"], years, tell.language))


def _age(tell: Teller, signal: LeadSignal, days: int | None) -> str:
    words = tell.words("time")
    return str(words["age_none"] if days is None else words["age"].format(ago=ago(days, tell.language)))


def _arrival(tell: Teller, signal: LeadSignal, *when: int | None) -> str:
    weekday, part, month = when
    words, dates = tell.words("time"), tell.words("dates")
    filled = {
        "weekday": "" if weekday is None else dates["weekdays"][weekday],
        "part": "" if part is None else dates["parts"][part],
        "month": "" if month is None else dates["months"][month - 1],
    }
    form = "_".join(name for name in ("weekday", "part") if filled[name])
    return str(words[form or ("month" if month is not None else "arrival_none")]).format(**filled)


def _season(tell: Teller, signal: LeadSignal, _: Any) -> str:
    return str(tell.words("time")["season"])


def _record(tell: Teller, signal: LeadSignal, filled: int | None, fields: int) -> str:
    n = number(filled or 0, tell.language)
    return str(tell.words("fields")["record"]).format(n=n, all=number(fields, tell.language))


def _account(tell: Teller, signal: LeadSignal, leads: int | None, won: int | None) -> str:
    words = tell.words("account")
    if leads is None:
        return str(words["none"])
    said = counted(words["leads"], leads, tell.language)
    return counted(words["won"], won, tell.language, words=said) if won else said


def _checklist(tell: Teller, signal: LeadSignal, answered: int | None, negative: int | None) -> str:
    words, first = tell.words("checklist"), signal.features[0]
    called = str(getattr(first, "called", "")).upper()
    items = number(len(getattr(first, "fields", ())), tell.language)
    said = str(words["answered"]).format(called=called, n=number(answered or 0, tell.language), all=items)
    return counted(words["negative"], negative, tell.language, words=said) if negative else said


def _gap(tell: Teller, signal: LeadSignal, days: int | None) -> str:
    words, gap = tell.words("gap"), signal.features[0]
    first, last = (tell.label(str(getattr(gap, role, ""))) for role in ("first", "last"))
    if days is None:
        return str(words["none"]).format(first=first, last=last)
    form = words["after" if days >= 0 else "before"]
    return counted(form, abs(days), tell.language, first=first, last=last)


_TELLERS: dict[Kind, Callable[..., str]] = {
    "events": _events, "number": _number, "category": _category, "boolean": _boolean, "email": _email,
    "phone": _phone, "title": _title, "filled": _filled, "date": _date, "founded": _founded, "age": _age,
    "arrival": _arrival, "season": _season, "record": _record, "account": _account,
    "checklist": _checklist, "gap": _gap,
}  # fmt: skip
