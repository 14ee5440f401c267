"""A class's name means one thing: no two classes of the layers are called alike."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_LAYERS = ("features", "serving", "training", "leadscore", "data")


def test_no_two_classes_have_one_name() -> None:
    places = defaultdict(list)
    for file in (path for layer in _LAYERS for path in sorted((_ROOT / layer).rglob("*.py"))):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(str(file.relative_to(_ROOT)))
    assert len(places) > 150
    assert {name: files for name, files in places.items() if len(files) > 1} == {}
