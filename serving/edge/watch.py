"""A promotion or rollback reaches the service that runs: looked for, loaded beside, then swapped in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from features.clock import now_us
from features.errors import LeadscoreError
from features.recipe import Recipe
from serving.answer import Opened
from serving.edge.successor import beside_now, named_now, open_successor
from serving.registry import ChampionRef

EVERY_SECONDS = 2.0
_AGAIN_SECONDS = 60.0
"""A version that was refused is tried again so often: its files may be mended, loading costs a second."""
Look = Literal["same", "swapped", "refused", "unreadable"]


@dataclass
class Watch:
    """Who answers, and why not another: looks at the registry and swaps when it names another version.

    `swap` is called with a ladder that has answered already; whatever began with the one before ends with
    it. `pending` says in a sentence why what the registry names does not answer, '' where it does. A service
    on a folder has nothing to look for.
    """

    opened: Opened
    model: str | None
    recipe: Recipe | None
    swap: Callable[[Opened], None]
    since_us: int = field(default_factory=now_us)
    pending: str = ""
    looks: dict[Look, int] = field(default_factory=dict)
    _refused: ChampionRef | None = None
    _again: float = 0.0

    def start(self) -> None:
        """Look every two seconds from now on, in a thread of its own."""
        if self.model is None or self.model.startswith("models:/"):
            threading.Thread(target=self._go_on, name="leadscore-watch", daemon=True).start()

    def look(self) -> Look:
        """One look at the registry, and what came of it."""
        seen = self._look()
        self.looks[seen] = self.looks.get(seen, 0) + 1
        return seen

    def _look(self) -> Look:
        try:
            ref = named_now(self.opened, self.model)
        except LeadscoreError as error:
            return self._keep("unreadable", error.problem)
        if ref is None and self.opened.ref is not None:
            return self._keep("unreadable", f"no champion '{self.opened.ref.name}' in the store any more")
        if ref is None or (ref == self.opened.ref and beside_now(self.opened) == self.opened.beside):
            self.pending, self._refused = "", None
            return "same"
        if ref == self._refused and time.monotonic() < self._again:
            return "refused"
        return self._follow(ref)

    def _follow(self, ref: ChampionRef) -> Look:
        """Load `ref` while the present one answers, and let it answer if it can."""
        try:
            found = open_successor(self.opened, ref, self.recipe)
            self.swap(found)
        except Exception as error:  # whatever a version brings, the present one goes on answering
            why = error.problem if isinstance(error, LeadscoreError) else type(error).__name__
            self._refused, self._again = ref, time.monotonic() + _AGAIN_SECONDS
            return self._keep("refused", f"version {ref.version} is refused ({why.rstrip('.')})")
        _tell(f"{found.rung} {found.version} answers from now on, before it {_who(self.opened)}")
        self.opened, self.since_us = found, now_us()
        self.pending, self._refused = "", None
        return "swapped"

    def _keep(self, seen: Look, why: str) -> Look:
        """Go on as before; said once, and in /readyz for as long as it is so."""
        pending = f"{why.rstrip('.')}: {_who(self.opened)} goes on answering"
        if pending != self.pending:
            _tell(pending)
        self.pending = pending
        return seen

    def _go_on(self) -> None:
        while True:
            threading.Event().wait(EVERY_SECONDS)
            try:
                self.look()
            except Exception as error:  # the watch outlives whatever it meets
                self._keep("unreadable", f"the registry cannot be looked at ({type(error).__name__})")


def _who(opened: Opened) -> str:
    return f"{opened.rung} {opened.version}".strip()


def _tell(text: str) -> None:
    print(f"leadscore: {text}", flush=True)
