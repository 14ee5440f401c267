"""The challenger in shadow: it scores what the champion was asked, later and for the ledger alone."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.answer import Opened, TimeBudget, open_version
from serving.api.envelope import answer_items
from serving.api.scoring import given_score, named_by
from serving.ledger import Writer
from serving.neighbours import neighbours_of
from serving.registry import ChampionRef, find_champion
from serving.wire.written import Answered

ALIAS = "challenger"
VARIABLE = "LEADSCORE_SHADOW"
EVERY_SECONDS = 2.0
_AGAIN_SECONDS = 60.0
_MOST_WAITING = 1_000
"""Requests that wait for the challenger; what comes while so many wait is not scored by it."""
_COMMIT_SECONDS = 30.0

ShadowFate: TypeAlias = Literal["kept", "failed", "dropped"]


@dataclass
class Shadow:
    """Follows the challenger of the model that answers, and keeps its scores in the ledger, marked as shadow.

    `put` takes what was asked and returns at once; a thread of its own reads each lead again by the
    challenger's own recipe, at the same moment. `opened` is the challenger (None: there is none), `pending`
    why the one that the registry names does not score, `fates` counts leads.
    """

    writer: Writer
    recipe: Recipe | None
    opened: Opened | None = None
    pending: str = ""
    fates: Counter[ShadowFate] = field(default_factory=Counter)
    _waiting: queue.Queue[tuple[list[Any], int]] = field(default_factory=lambda: queue.Queue(_MOST_WAITING))
    _refused: ChampionRef | None = None
    _again: float = 0.0

    @classmethod
    def from_environment(
        cls, writer: Writer | None, model: str | None, recipe: Recipe | None
    ) -> Shadow | None:
        """The shadow of a service: None without a ledger, on a folder, or where LEADSCORE_SHADOW is `off`.

        Raises:
            LeadscoreError: LEADSCORE_SHADOW is neither `on` nor `off`.
        """
        said = os.environ.get(VARIABLE) or "on"
        if said not in ("on", "off"):
            raise LeadscoreError(f"{VARIABLE}: is neither on nor off.", "Say on, or off.")
        registered = model is None or model.startswith("models:/")
        return cls(writer, recipe) if writer is not None and registered and said == "on" else None

    def start(self, named: Callable[[], str]) -> None:
        """Follow the challenger of the model that `named` names at each look: the first training names it.

        Following and scoring have a thread each.
        """
        threading.Thread(target=self._follow, args=(named,), name="leadscore-challenger", daemon=True).start()
        threading.Thread(target=self._go_on, name="leadscore-shadow", daemon=True).start()

    def put(self, items: Sequence[Any], found: Sequence[Answered]) -> None:
        """What was asked and what the champion made of it: the leads that it scored, at their moments.

        Whom it does not score, such as a person who objects, the challenger does not score either.
        """
        if self.opened is None:
            return
        by_moment: dict[int, list[Any]] = {}
        for item, one in zip(items, found, strict=True):
            if one.lead is not None and one.score.probability is not None:
                by_moment.setdefault(one.lead.as_of_us, []).append(item)
        for moment, asked in by_moment.items():
            try:
                self._waiting.put_nowait((asked, moment))
            except queue.Full:
                self.fates["dropped"] += len(asked)

    def look(self, name: str) -> None:
        """One look at the registry: who is challenger of `name` now."""
        try:
            ref, champion = find_champion(name, ALIAS), find_champion(name)
        except LeadscoreError as error:
            self._say(error.problem)
            return
        if ref is None or ref == champion:
            self.opened, self._refused = None, None
            self._say("")
        elif (self.opened is None or self.opened.ref != ref) and not self._waits(ref):
            self._open(ref)

    def work(self) -> None:
        """Score what waits longest, and keep what the challenger says; waits until there is something."""
        items, moment_us = self._waiting.get()
        try:
            self._score(items, moment_us)
        except Exception:  # nobody waits for it; the figures tell
            self.fates["failed"] += len(items)

    def _score(self, items: list[Any], moment_us: int) -> None:
        opened = self.opened
        if opened is None:
            return
        ledger = self.writer.ledger
        beside = neighbours_of(ledger)
        named = named_by(ledger, tells=False)
        found = answer_items(opened.ladder, items, moment_us, named=named, neighbours=beside)
        given = [row for one in found if (row := given_score(opened, one, shadow=True)) is not None]
        if given:
            self.writer.submit(given).result(_COMMIT_SECONDS)
        self.fates["kept"] += len(given)
        self.fates["failed"] += len(items) - len(given)

    def _waits(self, ref: ChampionRef) -> bool:
        return ref == self._refused and time.monotonic() < self._again

    def _open(self, ref: ChampionRef) -> None:
        try:
            self.opened = open_version(ref, self.recipe).within(TimeBudget())
        except Exception as error:  # whatever a version brings, the champion goes on answering
            why = error.problem if isinstance(error, LeadscoreError) else type(error).__name__
            self.opened, self._refused, self._again = None, ref, time.monotonic() + _AGAIN_SECONDS
            self._say(f"version {ref.version} does not score in shadow ({why.rstrip('.')})")
            return
        self._refused = None
        self._say("")
        print(f"leadscore: version {ref.version} scores in shadow from now on", flush=True)

    def _say(self, pending: str) -> None:
        """Said once, and in /v1/model for as long as it is so."""
        if pending and pending != self.pending:
            print(f"leadscore: {pending}", flush=True)
        self.pending = pending

    def _follow(self, named: Callable[[], str]) -> None:
        while True:
            try:
                self.look(named())
            except Exception as error:  # it outlives whatever it meets
                self._say(f"the challenger cannot be looked for ({type(error).__name__})")
            threading.Event().wait(EVERY_SECONDS)

    def _go_on(self) -> None:
        while True:
            self.work()
