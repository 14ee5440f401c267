"""Write the generated pages of docs/ again; with --sessions also what each terminal session prints."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.docs import packages, reasons, recipe_keys, verbs
from tests.docs.sessions import DOCUMENTS, rewrite

ROOT = Path(__file__).parent.parent.parent
PAGES = {
    "verbs.md": verbs.page,
    "recipe.md": recipe_keys.page,
    "house.md": packages.page,
    "reasons.md": reasons.page,
}


def main() -> None:
    """Write every generated page."""
    for name, page in PAGES.items():
        (ROOT / "docs" / name).write_text(page(), encoding="utf-8")
    if "--sessions" in sys.argv[1:]:
        for document in DOCUMENTS:
            rewrite(document)


if __name__ == "__main__":
    main()
