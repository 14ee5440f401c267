"""Who may ask: a key of the ledger for each request; without one only this machine, and no web page on it."""

from __future__ import annotations

import base64
import binascii
import ipaddress
import threading
from dataclasses import dataclass, field
from functools import lru_cache

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from features.clock import now_us
from features.errors import LeadscoreError
from serving.api.desk import ANONYMOUS, Access
from serving.api.problems import refused
from serving.aside import KeyCopy
from serving.ledger import ApiKeys, Ledger
from serving.ledger.keys import ApiKey, KeyRing, ring_on
from serving.visit import key_of_session, session_in

_EVERY_SECONDS = 1.0
_ASK = {"WWW-Authenticate": 'Bearer realm="leadscore", Basic realm="leadscore", charset="UTF-8"'}
_SEND = "Send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'; 'leadscore keys new' makes one."
_LATER = (
    "Send it again when the ledger is here; LEADSCORE_KEYS_FILE keeps a copy of the keys for such a time."
)
NO_KEY = "Make a key: 'leadscore ledger init', then 'leadscore keys new NAME --scope score'."


@dataclass
class KeyCheck:
    """Lets requests in. From the first key on that its ledger holds, live or not, each needs a live one.

    The keys are read again every second: a new or revoked one counts within that time, and whether the ledger
    is here is known to everybody who asks it. While it is away the keys that were read last go on counting,
    so that scores are given all the same; no key can be revoked then either. A check that has never reached
    it goes by the `copy`, and lets nobody in where there is none.
    """

    ledger: Ledger | None = None
    copy: KeyCopy | None = None
    ring: KeyRing = field(default_factory=lambda: KeyRing({}, {}))
    known: bool = True
    _told: str = ""
    _away: bool = False

    @classmethod
    def opened(cls, ledger: Ledger | None) -> KeyCheck:
        """The check by `ledger`, whose keys are read now and from now on."""
        found = cls(ledger, KeyCopy.from_environment(ledger))
        if ledger is not None:
            found.known = False
            found._look()
            if not found.known:
                found._by_copy()
            threading.Thread(target=found._go_on, name="leadscore-keys", daemon=True).start()
        return found

    def look(self) -> None:
        """Read the keys again.

        Raises:
            LeadscoreError: the ledger cannot be reached.
        """
        if self.ledger is not None:
            self.ring, self.known = self.ledger.look(ring_on), True

    @property
    def closed(self) -> bool:
        """Whether a key is needed from everybody."""
        return bool(self.ring.keys)

    def refusal(self, scope: Scope, access: Access, *, page: bool = False) -> Response | None:
        """Why this request may not have what needs `access`, None where it may; says in `scope` who asks.

        For a `page` the cookie of a session stands for its key.
        """
        headers = Headers(scope=scope)
        if access == "open" and not page:
            return None
        if foreign(headers):
            return refused(403, "origin", "is a web page of another host", "Ask from a server, with a key.")
        if access == "open":
            return None
        if not self.known:
            return refused(503, "keys", "cannot be read: the ledger is away", _LATER, {"Retry-After": "1"})
        if not self.closed:
            return self._unknown(scope, headers)
        key = self._shown(headers) or (self._signed_in(scope) if page else None)
        if key is None:
            return refused(401, "key", "is missing, unknown, revoked or ended", _SEND, _ASK)
        if access != "any" and not key.may(access):
            remedy = f"Ask with a key that has the scope '{access}'."
            return refused(403, "key", f"may not do this: it has {', '.join(sorted(key.scopes))}", remedy)
        scope["leadscore.caller"] = key.key_id
        scope["leadscore.named"], scope["leadscore.scopes"] = key.name, key.scopes
        return None

    def _unknown(self, scope: Scope, headers: Headers) -> Response | None:
        """No key exists: this machine may ask, under a name of its own; a name may be anybody's page."""
        client = (scope.get("client") or ("",))[0]
        host = headers.get("host", "").rsplit("@")[-1]
        if not (loopback(client) and loopback(_without_port(host))):
            return refused(403, "key", "there is none yet, so only this machine may ask", NO_KEY)
        scope["leadscore.caller"] = ANONYMOUS
        return None

    def _shown(self, headers: Headers) -> ApiKey | None:
        text = key_shown(headers)
        return self.ring.check(text, now_us()) if text else None

    def _signed_in(self, scope: Scope) -> ApiKey | None:
        cookie = session_in(scope)
        return key_of_session(cookie, self.ring) if cookie else None

    def _by_copy(self) -> None:
        try:
            if self.copy is not None and self.ledger is not None:
                self.ring, self.known = self.copy.held(now_us()), True
                _tell(f"the keys are those of {self.copy.path} until the ledger is here")
        except LeadscoreError as error:
            _tell(error.problem)

    def _look(self) -> None:
        """One look; whether the ledger is here is told when it changes."""
        assert self.ledger is not None
        try:
            self.look()
            if self.copy is not None:
                self.copy.keep(self.ring, now_us())
            self._told = ""
        except LeadscoreError as error:
            if error.problem != self._told:
                _tell(error.problem)
            self._told = error.problem
        away, before = bool(self.ledger.presence.away), self._away
        self._away = away
        if away and not before:
            _tell("the ledger is away: whole leads are scored, and nothing is kept, until it is here")
        elif before and not away:
            _tell("the ledger is here again")

    def _go_on(self) -> None:
        pause = threading.Event()
        while not pause.wait(_EVERY_SECONDS):
            try:
                self._look()
            except Exception as error:  # whoever waits for the ledger waits for this look
                _tell(f"the keys cannot be read ({type(error).__name__})")


def _tell(text: str) -> None:
    print(f"leadscore: {text}", flush=True)


def require_key(host: str, ledger: Ledger | None) -> None:
    """Whether a service may listen on `host`.

    Raises:
        LeadscoreError: others could reach it, and no live key exists.
    """
    if loopback(host) or (ledger is not None and ledger.presence.away):  # then nobody is let in unproven
        return
    if ledger is None or not ApiKeys(ledger).ring().live(now_us()):
        raise LeadscoreError(f"{host}: others could ask this service, and there is no key.", NO_KEY)


@lru_cache(maxsize=1_000)
def loopback(host: str) -> bool:
    """Whether `host`, a name or an address, is this machine alone."""
    try:
        return host.lower() == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def key_shown(headers: Headers) -> str:
    """The key that a request shows: as a bearer, in X-API-Key, or as the password of Basic ('': none)."""
    kind, _, rest = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return rest.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return headers.get("x-api-key", "").strip()


def foreign(headers: Headers) -> bool:
    """Whether a browser asks for a page of another host: it may hold a password that its user once gave."""
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host", "")


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host.partition("]")[0].strip("[")
    return host.partition(":")[0] if host.count(":") <= 1 else host
