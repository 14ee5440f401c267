"""`python -m tests.mutants [PIECE …]`: plants faults, at most ten minutes a piece; without names every piece.

Goes on where it stopped. After a change of the tests it tries again what had survived.
"""

from __future__ import annotations

import argparse
import sys
from fnmatch import fnmatch

from leadscore.terminal import bar, print_table
from tests.mutants.lists import Piece, equivalents, pieces
from tests.mutants.running import mutmut
from tests.mutants.since import changed
from tests.mutants.workspace import planted, prepare, untried

_WANTED = 95.0
"""Percent of the mutants that change something."""
_SECONDS = 560.0


def main(words: list[str] | None = None) -> int:
    """Print what lives and one line a piece; 1 when a piece is below 95 % or not yet tried to its end."""
    known = pieces()
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("pieces", nargs="*", metavar="PIECE", help=", ".join(known))
    parser.add_argument("--seconds", type=float, default=_SECONDS, help="limit for each piece")
    parser.add_argument("--since", metavar="COMMIT", help="only functions changed since it")
    parser.add_argument("--show", action="store_true", help="only tell what is known, try nothing")
    asked = parser.parse_args(words)
    if unknown := set(asked.pieces) - set(known):
        parser.error(f"no piece {', '.join(sorted(unknown))}; there are {', '.join(known)}")
    lines = [
        _line(known[name], asked.seconds * (not asked.show), asked.since) for name in asked.pieces or known
    ]
    print_table(["piece", "mutants", "killed", "equivalent", "survived", "left", "late", "share"], lines)
    return int(any(left != "0" or float(share.rstrip("%")) < _WANTED for *_, left, _, share in lines))


def _line(piece: Piece, seconds: float, since: str | None) -> list[str]:
    """Tries a piece for `seconds`, prints its survivors, returns its figures."""
    patterns = sorted(place.pattern for place in changed(piece, since)) if since else []
    if seconds and (patterns or not since):
        _try(piece, seconds, patterns)
    listed = [one for one in equivalents() if one.piece == piece.name]
    asked = [one for one in planted(piece) if not since or any(fnmatch(one.name, each) for each in patterns)]
    counted = [one for one in asked if not one.words]
    survived = [one for one in counted if one.survived]
    alive = [one for one in survived if not one.listed(listed)]
    for one in alive:
        print(f"{one.name}\n  - {one.before}\n  + {one.after}")
    left = sum(one.verdict is None for one in counted)
    killed = len(counted) - left - len(survived)
    share = killed / max(killed + len(alive), 1)
    late = sum(one.late for one in counted)  # among the killed
    counts = (len(counted), killed, len(survived) - len(alive), len(alive), left, late)
    return [piece.name, *map(str, counts), f"{share:.1%}"]


def _try(piece: Piece, seconds: float, patterns: list[str]) -> None:
    """Tries what has not been tried, and after a change of the tests what had survived.

    With patterns only mutants of such names, each time anew.
    """
    prepare(piece)
    with bar(f"planting in {piece.name}") as tick:
        total = untried(piece)
        for _ in mutmut(piece, seconds, patterns):
            waiting = untried(piece)
            if waiting is not None:
                total = max(total or 0, waiting)
                tick(total - waiting, total)


if __name__ == "__main__":
    sys.exit(main())
