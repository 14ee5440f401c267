"""Who may ask: API keys, kept as hashes, several at once, each with its scopes and its end."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, get_args

from sqlalchemy import Connection, Row, insert, select, update

from features.clock import from_us, now_us
from features.errors import LeadscoreError, nearest_name
from serving.ledger.schema import KEYS
from serving.ledger.store import Ledger

Scope = Literal["score", "write", "read", "admin"]
_SCOPES: tuple[str, ...] = get_args(Scope)
_MARK = "lsk"
"""What a key begins with, so that people and scanners of leaked secrets know one."""


@dataclass(frozen=True)
class ApiKey:
    """What is known of a key; not the key. `admin` may do what every scope may."""

    key_id: str
    name: str
    scopes: frozenset[str]
    created_us: int
    expires_us: int | None
    revoked_us: int | None

    def may(self, scope: Scope) -> bool:
        """Whether its holder may do what `scope` names."""
        return scope in self.scopes or "admin" in self.scopes

    def live(self, at_us: int) -> bool:
        """Whether it opens anything at `at_us`."""
        ended = self.expires_us is not None and self.expires_us <= at_us
        return self.revoked_us is None and not ended

    def described(self) -> dict[str, object]:
        """What people may see of it."""
        moments = {"made": self.created_us, "ends": self.expires_us, "revoked": self.revoked_us}
        shown = {
            w: None if us is None else from_us(us).isoformat(timespec="seconds") for w, us in moments.items()
        }
        return {"id": self.key_id, "name": self.name, "scopes": " ".join(sorted(self.scopes)), **shown}


@dataclass(frozen=True)
class KeyRing:
    """The keys of a ledger as they were at one moment, to be asked without the database."""

    keys: Mapping[str, ApiKey]
    hashes: Mapping[str, str] = field(repr=False)

    def check(self, text: str, at_us: int) -> ApiKey | None:
        """The key that `text` is, None where it is none, is revoked or has ended at `at_us`.

        The secret is compared in constant time, and an id that is not known costs the same comparison.
        """
        mark, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        same = hmac.compare_digest(_hash(secret), self.hashes.get(key_id, _hash("")))
        key = self.keys.get(key_id)
        if key is None or not same or mark != _MARK:
            return None
        return key if key.live(at_us) else None

    def live(self, at_us: int) -> list[ApiKey]:
        """The keys that open something at `at_us`."""
        return [key for key in self.keys.values() if key.live(at_us)]


@dataclass(frozen=True)
class ApiKeys:
    """The keys of a ledger, read anew each time.

    They need no `Writer`: each change is a transaction of its own, also while a service writes.
    """

    ledger: Ledger
    scopes: ClassVar[tuple[str, ...]] = _SCOPES
    """What a key may be for."""

    def new(self, name: str, scopes: Iterable[str], expires_us: int | None = None) -> tuple[str, ApiKey]:
        """A new key: the text for its holder, which nobody can read again, and what is known of it.

        Raises:
            LeadscoreError: no scope, an unknown one, an end that is past, or the ledger cannot be written.
        """
        wanted, created = frozenset(scopes), now_us()
        for scope in sorted(wanted - set(_SCOPES)):
            raise LeadscoreError(f"scope '{scope}' is not known.", nearest_name(scope, _SCOPES))
        if not wanted:
            raise LeadscoreError("a key needs a scope.", f"Name one or more of {', '.join(_SCOPES)}.")
        if expires_us is not None and expires_us <= created:
            raise LeadscoreError("the key would end before it begins.", "Name a later moment, or none.")
        key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        row = {"key_id": key_id, "name": name, "hash": _hash(secret), "scopes": " ".join(sorted(wanted)),
               "created_us": created, "expires_us": expires_us, "revoked_us": None}  # fmt: skip
        with self.ledger.transaction() as connection:
            connection.execute(insert(KEYS).values(row))
        return f"{_MARK}_{key_id}_{secret}", ApiKey(key_id, name, wanted, created, expires_us, None)

    def check(self, text: str, at_us: int | None = None) -> ApiKey | None:
        """The key that `text` is, None where it is none, is revoked or has ended.

        Raises:
            LeadscoreError: the ledger cannot be reached; nobody is let in.
        """
        return self.ring().check(text, now_us() if at_us is None else at_us)

    def ring(self) -> KeyRing:
        """Every key with the hash of its secret.

        Raises:
            LeadscoreError: the ledger cannot be reached.
        """
        with self.ledger.reading() as connection:
            return ring_on(connection)

    def all(self) -> list[ApiKey]:
        """Every key, the oldest first, also those that are revoked or have ended."""
        return list(self.ring().keys.values())

    def revoke(self, key_id: str) -> ApiKey:
        """End the key `key_id` now; one that is revoked already stays so since then.

        Raises:
            LeadscoreError: there is no such key.
        """
        with self.ledger.transaction() as connection:
            live = (KEYS.c.key_id == key_id) & KEYS.c.revoked_us.is_(None)
            connection.execute(update(KEYS).where(live).values(revoked_us=now_us()))
            row = connection.execute(select(KEYS).where(KEYS.c.key_id == key_id)).first()
        if row is None:
            raise LeadscoreError("there is no key with this id.", "'leadscore keys list' shows all.")
        return _key_of(row)


def ring_on(connection: Connection) -> KeyRing:
    """Every key with the hash of its secret, as `connection` sees them."""
    rows = connection.execute(select(KEYS).order_by(KEYS.c.created_us, KEYS.c.key_id)).all()
    return KeyRing({row.key_id: _key_of(row) for row in rows}, {row.key_id: row.hash for row in rows})


def _hash(secret: str) -> str:
    """SHA-256: of 256 random bits no slow hash is needed, and each request pays for it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _key_of(row: Row[Any]) -> ApiKey:
    scopes = frozenset(row.scopes.split())
    return ApiKey(row.key_id, row.name, scopes, row.created_us, row.expires_us, row.revoked_us)
