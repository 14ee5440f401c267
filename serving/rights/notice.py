"""A processing notice (GDPR art. 13) and a record of processing (art. 30), as facts of what runs now.

A draft for whoever is responsible: what the recipe, the champion and the ledger say, and what `privacy.toml`
declares. Never legal advice.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from features.clock import from_us, now_us
from features.language import Language
from features.recipe import Recipe
from serving.answer import Opened
from serving.ledger import Ledger
from serving.ledger.decisions import CONTEST, OPT_OUT, REVIEW, decisions_at
from serving.ledger.schema import DECISIONS
from serving.page import Markup, bullets, join, page, paragraph, section
from serving.rights.person import Told, marked, rights_lines, words_of
from serving.rights.policy import PrivacyPolicy
from serving.rights.receipts import receipts_of
from serving.rights.runs import runs_of
from serving.words.values import number, share


def notice_text(
    opened: Opened, policy: PrivacyPolicy, language: Language, at_us: int, *,
    ledger: Ledger | None = None, record: bool = False,
) -> str:  # fmt: skip
    """The notice for people, or with `record` the record of processing, in Markdown.

    Raises:
        LeadscoreError: the ledger cannot be reached.
    """
    title, sections = _content(opened, policy, language, at_us, ledger, record)
    return marked(title, sections)


def notice_page(
    opened: Opened, policy: PrivacyPolicy, language: Language, at_us: int, *,
    ledger: Ledger | None = None, record: bool = False,
) -> str:  # fmt: skip
    """The same as a whole HTML document."""
    title, sections = _content(opened, policy, language, at_us, ledger, record)
    parts = [section("top", title)]
    for number_of, (name, lines) in enumerate(sections):
        listed = [line.removeprefix("- ") for line in lines if line.startswith("- ")]
        said: list[Markup] = [paragraph(line) for line in lines if not line.startswith("- ")]
        body = join([*said, bullets(listed)])
        parts.append(section(f"s{number_of}", name, body) if name else body)
    return page(title, parts)


def _content(
    opened: Opened, policy: PrivacyPolicy, language: Language, at_us: int, ledger: Ledger | None, record: bool
) -> tuple[str, Told]:  # fmt: skip
    words = words_of(language)["notice"]
    recipe = opened.ladder.recipe
    controller = policy.controller
    who = [f"{controller.name}, {controller.contact}"]
    who += [f"{words['officer']}: {controller.officer}"] if controller.officer else []
    sections = [
        ("", [words["intro"], words["at"].format(day=from_us(at_us).date())]),
        (words["controller"], who),
        (words["purposes"], list(_purposes(policy, language))),
    ]
    if record:
        sections.append((words["subjects"], [words["subjects_are"]]))
    sections.append((words["data"], list(_data(recipe))))
    if recipe.events is not None:
        sections.append((words["events"], [f"- {kind}" for kind in recipe.events.kinds]))
    sections += [
        (words["logic"], list(_logic(opened, language))),
        (words["recipients"], [f"- {one}" for one in policy.recipients] or [words["none"]]),
        (words["transfers"], [policy.transfers or words["no_transfers"]]),
    ]
    if record:
        own = [*policy.security, *words["security_own"]]
        sections.append((words["security"], [f"- {one}" for one in own]))
        sections += list(_held(ledger, language)) if ledger is not None else []
    else:
        sections.append((words["rights"], rights_lines(language, policy)))
    title = words["record_title" if record else "title"].format(who=controller.name)
    return title, sections


def _purposes(policy: PrivacyPolicy, language: Language) -> Iterator[str]:
    tables, words = words_of(language)["tables"], words_of(language)["notice"]
    days = {"en": "days", "fr": "jours"}[language]
    for purpose in policy.purpose:
        kept = ", ".join(f"{tables[name]} {number(d, language)} {days}" for name, d in purpose.keep.items())
        until = f" ({words['kept'].format(kept=kept)})" if kept else ""
        yield f"- {purpose.name}: {purpose.basis}{until}"


def _data(recipe: Recipe) -> Iterator[str]:
    """The columns that are read: fields with what they mean, and the roles beside them."""
    for name, field in recipe.lead.fields.items():
        yield f"- {field.column or name} ({field.means or field.type})"
    for role in ("created_at", "account_id", "cost", "opted_out"):
        if column := getattr(recipe.lead, role):
            yield f"- {column} ({role})"


def _logic(opened: Opened, language: Language) -> Iterator[str]:
    words, about = words_of(language)["notice"], opened.ladder.recipe.recipe
    days = number(about.horizon_days, language)
    if opened.rung == "rules":
        yield words["logic_rules"].format(version=opened.version, days=days)
    else:
        end = "–" if opened.history_end_us is None else from_us(opened.history_end_us).date()
        yield words["logic_model"].format(rung=opened.rung, version=opened.version, days=days, end=end)
    yield words["logic_use"]
    auc, ratio = opened.metrics.get("auc"), opened.metrics.get("observed_expected")
    if auc is not None:
        yield words["figures_auc"].format(share=share(auc, language))
    if ratio is not None:
        yield words["figures_ratio"].format(ratio=number(round(ratio, 2), language))


def _held(ledger: Ledger, language: Language) -> Iterator[tuple[str, list[str]]]:
    words, counts = words_of(language)["notice"], ledger.counts()
    yield words["held_now"], [words["held_now_are"].format(**counts)]
    table = DECISIONS.c
    with ledger.reading() as connection:
        rows = connection.execute(select(table.kind, func.count()).group_by(table.kind))
        made = {str(row[0]): int(row[1]) for row in rows}
    holding = len(decisions_at(ledger, now_us(), OPT_OUT))
    deletions = len(receipts_of(ledger))
    asked = words["asked_are"].format(
        opt_out=holding, contest=made.get(CONTEST, 0), review=made.get(REVIEW, 0), deletions=deletions
    )
    yield words["asked"], [asked]
    runs = runs_of(ledger)
    last = words["retention_none"]
    if runs:
        last = words["retention_run"].format(day=runs[-1].at.date(), deleted=sum(runs[-1].deleted.values()))
    yield words["retention"], [last]
