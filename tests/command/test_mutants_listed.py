"""The lists of the mutation tests stay true: their pieces, tests and equivalent mutants exist."""

from __future__ import annotations

import ast
from dataclasses import replace

from tests.mutants.lists import ROOT, Equivalent, Piece, equivalents, pieces


def functions(module: str) -> dict[str, str]:
    """Function → its text in one line, methods as Class.method."""
    source = (ROOT / module).read_text()
    lines = source.splitlines()
    tree = ast.parse(source)
    owners = [("", tree), *((f"{node.name}.", node) for node in tree.body if isinstance(node, ast.ClassDef))]
    return {
        prefix + node.name: " ".join(
            line.strip().replace(node.name, "") for line in lines[node.lineno - 1 : node.end_lineno]
        )
        for prefix, owner in owners
        for node in owner.body
        if isinstance(node, ast.FunctionDef)
    }


def stale(known: dict[str, Piece], listed: list[Equivalent]) -> list[Equivalent]:
    """Entries that speak of code which is no longer there."""
    texts = {name: [functions(module) for module in piece.modules] for name, piece in known.items()}
    return [
        one
        for one in listed
        if not any(one.before in found.get(one.function, "") for found in texts.get(one.piece, []))
    ]


def test_a_piece_names_modules_and_tests_that_exist():
    for piece in pieces().values():
        for path in (*piece.modules, *piece.tests):
            assert (ROOT / path).is_file(), f"pieces.toml: {piece.name} names {path}"


def test_every_equivalent_mutant_points_at_code_that_exists():
    assert stale(pieces(), equivalents()) == []


def test_an_entry_whose_line_or_function_is_gone_is_found():
    kept = Equivalent("maps", "log_odds", "floor, 1 - floor", ("floor, 2 - floor",), "made up")
    gone = [replace(kept, function="odds"), replace(kept, before="floor, 3"), replace(kept, piece="none")]
    assert stale(pieces(), [kept, *gone]) == gone


def test_every_equivalent_mutant_is_a_change_listed_once_with_its_reason():
    changes = [(one.piece, one.function, one.before, after) for one in equivalents() for after in one.after]
    assert len(changes) == len(set(changes))
    assert all(before != after for *_, before, after in changes)
    assert all(one.reason.endswith(".") for one in equivalents())
