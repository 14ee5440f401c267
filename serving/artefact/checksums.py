"""Is an artefact whole? `checksums.json` holds the SHA-256 of every other file of its folder.

It is read before anything else is parsed: LightGBM's parser ends the process on a cut file, and an edited
vocabulary or horizon would load without a word. The file has one spelling only, so that a change in it is
found like any other. That is integrity, not authenticity: somebody who may write the folder can write a new
`checksums.json` too. A registered version therefore carries the digest of `checksums.json` as a tag in the
registry (`DIGEST_TAG`), and who may write the folder but not the registry is found out as well.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from features.errors import LeadscoreError

CHECKSUMS = "checksums.json"
DIGEST_TAG = "leadscore.artefact_sha256"
DAMAGED = "Fetch the artefact again, or train anew with 'leadscore train'."
_MOST_NAMED = 3


class DamagedError(LeadscoreError):
    """An artefact that is there and may not be loaded: its files are not those that were written."""


@dataclass(frozen=True)
class Parts:
    """The files of an artefact's folder as bytes: `sound` ones are as written, `faults` say what is not.

    `faults` name a file and never its content. What is parsed later is taken from here, not read again.
    """

    folder: Path
    sound: Mapping[str, bytes]
    faults: tuple[str, ...]
    digest: str

    def require_whole(self) -> None:
        """Refuse a folder that is not exactly what was written.

        Raises:
            DamagedError: a file is changed, absent or too many.
        """
        if self.faults:
            named = "; ".join(self.faults[:_MOST_NAMED])
            more = len(self.faults) - _MOST_NAMED
            named += f"; and {more} more" if more > 0 else ""
            raise DamagedError(f"{self.folder}: is not what was written: {named}.", DAMAGED)

    def text(self, name: str) -> str:
        """A sound part's text.

        Raises:
            DamagedError: it is not there, or not as it was written.
        """
        if name not in self.sound:
            raise DamagedError(f"{self.folder}: the artefact lacks the file {name}.", DAMAGED)
        return self.sound[name].decode()


def checksums_text(parts: Mapping[str, bytes]) -> str:
    """The content of `checksums.json` for `parts` (name → bytes): one spelling for one content."""
    return _spelt({name: sha256(part).hexdigest() for name, part in parts.items()}).decode()


def digest_of(parts: Mapping[str, bytes]) -> str:
    """64 hexadecimal digits that name the content of all `parts`: the SHA-256 of their `checksums.json`."""
    return sha256(checksums_text(parts).encode()).hexdigest()


def read_parts(folder: Path, digest: str | None = None) -> Parts:
    """Every file of `folder`, held against its checksums, and those against `digest` where one is known.

    Nothing is parsed but `checksums.json`.

    Raises:
        DamagedError: there is no `checksums.json`, or it is not as it was written.
    """
    found, unread = _read(folder)
    listed = _listed(folder, found.pop(CHECKSUMS, None))
    if digest is not None and digest != _digest(listed):
        raise DamagedError(f"{folder}: is not the artefact that the registry names ({DIGEST_TAG}).", DAMAGED)
    sound = {name: part for name, part in found.items() if sha256(part).hexdigest() == listed.get(name)}
    faults = [f"{name} is absent" for name in sorted(set(listed) - set(found) - set(unread))]
    faults += [f"{name} is changed" for name in sorted(set(found) & set(listed) - set(sound))]
    faults += [f"{name} is no part of it" for name in sorted({*found, *unread} - set(listed))]
    faults += [f"{name} cannot be read" for name in sorted(set(unread) & set(listed))]
    return Parts(folder, sound, tuple(faults), _digest(listed))


def _read(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """Name → bytes of the files of `folder`, and the names of what cannot be read as a file."""
    found, unread = {}, []
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise DamagedError(f"{folder}: cannot be read ({type(error).__name__}).", DAMAGED) from None
    for entry in entries:
        try:
            found[entry.name] = entry.read_bytes()
        except OSError:
            unread.append(entry.name)
    return found, unread


def _listed(folder: Path, content: bytes | None) -> dict[str, str]:
    """Part → SHA-256 as `checksums.json` has them."""
    if content is None:
        raise DamagedError(
            f"{folder}: has no {CHECKSUMS}: a file was removed, or an earlier leadscore wrote it.",
            "Fetch the artefact again, or train anew with 'leadscore train': only what can be checked is "
            "loaded.",
        )
    try:
        listed = json.loads(content)["parts"]
        sound = content == _spelt(listed)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        sound = False
    if not sound:
        raise DamagedError(f"{folder / CHECKSUMS}: is changed, so that nothing can be checked.", DAMAGED)
    return dict(listed)


def _spelt(listed: Mapping[str, str]) -> bytes:
    sums = {name: listed[name] for name in sorted(listed)}
    return (json.dumps({"algorithm": "sha256", "parts": sums}, indent=1) + "\n").encode()


def _digest(listed: Mapping[str, str]) -> str:
    return sha256(_spelt(listed)).hexdigest()
