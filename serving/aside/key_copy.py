"""A copy of the keys on this machine's disk, for a service that starts while its ledger is away.

It holds what the ledger holds of each key: the hash of its secret, what it is for, when it ends. It counts
only where nobody else may read or write it, for the ledger that it was made of, and for a day after it was
last found true: a key may have been revoked since.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from features.clock import DAY_US
from features.errors import LeadscoreError
from serving.ledger import Ledger
from serving.ledger.keys import ApiKey, KeyRing

VARIABLE = "LEADSCORE_KEYS_FILE"
_AGAIN_US = 60_000_000
"""So often it is written again where nothing has changed: it then says that it is still true."""
_MADE = "It is written while the ledger can be reached."


class _Copied(BaseModel):
    """What the file holds; `ledger` is a digest of the address."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ledger: str
    read_us: int
    keys: list[ApiKey]
    hashes: dict[str, str]


@dataclass
class KeyCopy:
    """The copy in the file `path` of the keys of `ledger`."""

    path: Path
    ledger: Ledger
    _kept: tuple[KeyRing, int] | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, ledger: Ledger | None) -> KeyCopy | None:
        """The copy in the file that LEADSCORE_KEYS_FILE names, None where it names none."""
        named = os.environ.get(VARIABLE)
        return cls(Path(named), ledger) if named and ledger is not None else None

    def keep(self, ring: KeyRing, at_us: int) -> None:
        """Write `ring`, read from the ledger at `at_us`, whole or not at all; seldom where nothing changed.

        Raises:
            LeadscoreError: it cannot be written; what was kept before may still count.
        """
        if self._kept and self._kept[0] == ring and 0 <= at_us - self._kept[1] < _AGAIN_US:
            return
        said = _Copied(
            ledger=self._digest(), read_us=at_us, keys=[*ring.keys.values()], hashes=dict(ring.hashes)
        )
        beside = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}")
        try:
            with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(said.model_dump_json().encode())
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            words = f"{self.path}: the keys cannot be kept there ({error.strerror})."
            raise LeadscoreError(words, f"Set {VARIABLE} to a file that may be written.") from None
        self._kept = ring, at_us

    def held(self, now_us: int) -> KeyRing:
        """The keys as they were when the ledger was last reached.

        Raises:
            LeadscoreError: there are none that may count.
        """
        try:
            said = _Copied.model_validate_json(self._read())
        except (OSError, ValidationError):
            raise LeadscoreError(f"{self.path}: holds no copy of the keys.", _MADE) from None
        if said.ledger != self._digest() or abs(now_us - said.read_us) > DAY_US:
            raise LeadscoreError(f"{self.path}: is of another ledger, or older than a day.", _MADE)
        if not said.keys:
            raise LeadscoreError(f"{self.path}: there was no key.", _MADE)
        return KeyRing({key.key_id: key for key in said.keys}, said.hashes)

    def _read(self) -> bytes:
        """What the file holds. What is looked at is what is read: another file may be put there meanwhile."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe would never open
        descriptor = os.open(self.path, flags)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise LeadscoreError(f"{self.path}: is no file, so it does not count.", _MADE)
            if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise LeadscoreError(
                    f"{self.path}: others may read or write it, so it does not count.", _MADE
                )
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                return file.read()
        finally:
            os.close(descriptor)

    def _digest(self) -> str:
        return hashlib.sha256(self.ledger.name.encode()).hexdigest()
