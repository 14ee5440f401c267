"""What a body says, by the rules of its vendor: rows for the ledger, and what is wrong item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from features.errors import FieldProblem
from features.recipe import Recipe
from serving.crm.addresses import Addresses, Kind, made_id
from serving.crm.cells import CellReader, moment_us
from serving.crm.given import fields_given, value_at
from serving.crm.mapping import Mapping, Rule
from serving.crm.paths import each_at, filled, found_at, holds, plain
from serving.ledger.gone import merge_of
from serving.ledger.sent import Cell, DecisionSent, EventSent, LeadSent, OutcomeSent, Sent

_MADE = ":"
"""Ids that are made here, not by a CRM, have it: google:17, email:5f0c…"""
_FLAG = "Correct the sender's settings, or its mapping ('leadscore inbound show VENDOR' prints it)."


@dataclass
class RowsRead:
    """What became of the items of a body: rows to store, problems by place, and counts of the rest."""

    rows: list[Sent] = field(default_factory=list, repr=False)
    problems: list[FieldProblem] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class RowReader:
    """Reads bodies of one vendor for one recipe.

    `accounts` are the vendor's accounts that may send ('' or none: any), `own_users` the users under whom
    leadscore itself writes to it.
    """

    def __init__(
        self,
        vendor: str,
        mapping: Mapping,
        recipe: Recipe,
        addresses: Addresses,
        accounts: Sequence[str] = (),
        own_users: Sequence[str] = (),
    ) -> None:
        self.vendor, self.mapping, self.addresses = vendor, mapping, addresses
        self._cells, self._accounts, self._own_users = CellReader(recipe, mapping), accounts, own_users

    def read(self, content: Any, arrived_us: int) -> RowsRead:
        """The rows of every item of `content`; an item that is wrong spoils no other.

        Counts: 'items', and of them 'test', 'echo', 'other' (of no interest to any rule) and 'unread'.
        """
        read = RowsRead()
        self.addresses.refresh()
        found = (list(each_at(content, path)) for path in self.mapping.items)
        for place, item in enumerate(next((items for items in found if items), [])):
            read.counts["items"] += 1
            self._item(item, f"item {place + 1}", arrived_us, read)
        return read

    def _item(self, item: Any, place: str, arrived_us: int, read: RowsRead) -> None:
        mapping = self.mapping
        if not isinstance(item, dict):
            self._wrong(read, place, FieldProblem("", "is not an object", "Send each as a JSON object."))
        elif (
            mapping.account
            and self._accounts
            and plain(found_at(item, mapping.account)) not in self._accounts
        ):
            problem = "is of another account than the one that was agreed"
            self._wrong(read, place, FieldProblem(mapping.account, problem, _FLAG))
        elif mapping.test and any(holds(item, {path: wanted}) for path, wanted in mapping.test.items()):
            read.counts["test"] += 1
        elif mapping.echo and plain(found_at(item, mapping.echo)) in self._own_users:
            read.counts["echo"] += 1
        else:
            self._by_rules(item, place, arrived_us, read)

    def _by_rules(self, item: dict[str, Any], place: str, arrived_us: int, read: RowsRead) -> None:
        rules = [
            r for r in self.mapping.rule if holds(item, r.when) and not (r.unless and holds(item, r.unless))
        ]
        if not rules:
            read.counts["other"] += 1
            return
        problems: list[FieldProblem] = []
        rows = [row for rule in rules for row in self._by_rule(rule, item, arrived_us, problems)]
        read.problems += [_placed(place, problem) for problem in dict.fromkeys(problems)]
        read.rows += rows
        if not rows:
            read.counts["unread" if problems else "other"] += 1

    def _by_rule(
        self, rule: Rule, item: dict[str, Any], arrived_us: int, problems: list[FieldProblem]
    ) -> list[Sent]:
        at_us = self._moment(rule, item, arrived_us, problems)
        if at_us is None:
            return []
        cells = self._cells.read(fields_given(rule, item, at_us), problems)
        own, known = filled(rule.lead, item), None
        if rule.match:
            addresses = self._addresses(rule, item, cells)
            known = self._known(addresses)
            own = own or next((one for pair in addresses if (one := made_id(*pair))), None)
        lead_id = known or own
        if lead_id is None:
            problems.append(FieldProblem(rule.lead or "address", "is absent", _FLAG))
            return []
        rows: list[Sent] = [LeadSent(self.vendor, lead_id, cells, at_us)] if cells else []
        if known is None and rule.first:  # apart: sent again, when it is known, the other cells are the same
            first = {name: value_at(item, path, at_us) for name, path in (rule.first | rule.address).items()}
            found = self._cells.read(first, problems)
            new = {name: cell for name, cell in found.items() if cell is not None and name not in cells}
            rows += [LeadSent(self.vendor, lead_id, new, at_us)] if new else []
        if known is not None and rule.joins and own not in (None, known):
            rows += merge_of(self.vendor, str(own), known, at_us, "the same address")
        rows += self._joined(lead_id, cells, at_us)
        rows += self._event(rule, item, lead_id, at_us, problems)
        if rule.outcome is not None and (stage := filled(rule.outcome, item)):
            amount = plain(found_at(item, rule.amount)) if rule.amount else None
            rows.append(OutcomeSent(self.vendor, lead_id, stage, at_us, amount))
        return rows + self._decision(rule, item, lead_id, at_us, problems)

    def _moment(
        self, rule: Rule, item: dict[str, Any], arrived_us: int, problems: list[FieldProblem]
    ) -> int | None:
        text = plain(found_at(item, rule.at)) if rule.at else None
        if text is None:
            if rule.event is None or rule.arrival:
                return arrived_us
            problems.append(FieldProblem(rule.at, "is absent", "Send the moment at which it happened."))
            return None
        if (us := moment_us(text, rule.unit)) is None:
            problems.append(
                FieldProblem(rule.at, "is no date", "Send it in ISO 8601, or as the vendor does.")
            )
        return us

    def _addresses(self, rule: Rule, item: dict[str, Any], cells: dict[str, Cell]) -> list[tuple[Kind, str]]:
        """The addresses that an item tells, e-mails first."""
        found: list[tuple[Kind, str]] = []
        for kind, path in rule.address.items():
            if text := plain(found_at(item, path)):
                found.append((kind, text))
        for column, cell in cells.items():
            if cell and (named := self._cells.means(column)) is not None:
                found.append((named, str(cell)))
        return sorted(dict.fromkeys(found), key=lambda pair: pair[0])

    def _known(self, addresses: Sequence[tuple[Kind, str]]) -> str | None:
        """The lead that has one of the addresses; a phone number of several, a switchboard, is nobody's."""
        for kind, text in addresses:
            found = self.addresses.leads_of(kind, text)
            if found and (kind == "email" or len(found) == 1):
                return found[0]
        return None

    def _joined(self, lead_id: str, cells: dict[str, Cell], at_us: int) -> list[DecisionSent]:
        """Leads that were made for an address before the CRM sent its own record of the same person."""
        if not self.mapping.home:
            return []
        found: dict[str, None] = {}
        for column, cell in cells.items():
            kind = self._cells.means(column)
            if kind == "email" and cell:
                found |= dict.fromkeys(self.addresses.leads_of("email", str(cell)))
        made = [one for one in found if _MADE in one and one != lead_id]
        return [row for one in made for row in merge_of(self.vendor, one, lead_id, at_us, "the same address")]

    def _event(
        self, rule: Rule, item: dict[str, Any], lead_id: str, at_us: int, problems: list[FieldProblem]
    ) -> list[Sent]:
        if rule.event is None or (kind := filled(rule.event, item)) is None:
            return []
        event_id = filled(rule.event_id, item) if rule.event_id else None
        if rule.event_id and event_id is None:
            problems.append(FieldProblem(rule.event_id, "is absent", "Send the id of each event."))
            return []
        value = plain(found_at(item, rule.value)) if rule.value else None
        return [EventSent(self.vendor, lead_id, kind, at_us, event_id, value=value)]

    def _decision(
        self, rule: Rule, item: dict[str, Any], lead_id: str, at_us: int, problems: list[FieldProblem]
    ) -> list[Sent]:
        if rule.decision is None:
            return []
        by = (plain(found_at(item, rule.by)) if rule.by else None) or ""
        if rule.decision != "merge":
            return [DecisionSent(self.vendor, lead_id, rule.decision, at_us, by)]
        found: list[Any] = []
        for path in rule.away:
            there = found_at(item, path)
            found += there if isinstance(there, list) else [there]
        away = [text for one in found if (text := plain(one))]
        if not away:
            problems.append(FieldProblem(rule.away[0], "is absent", "Send the ids of the merged records."))
        away = [one for one in away if one != lead_id]
        return [row for one in away for row in merge_of(self.vendor, one, lead_id, at_us, by)]

    def _wrong(self, read: RowsRead, place: str, problem: FieldProblem) -> None:
        read.counts["unread"] += 1
        read.problems.append(_placed(place, problem))


def _placed(place: str, problem: FieldProblem) -> FieldProblem:
    return FieldProblem(f"{place} {problem.field}".strip(), problem.problem, problem.remedy)
