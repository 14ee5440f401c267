"""docs/images/report.png, the first screen of a report in a browser: `python -m tests.docs.picture`."""

from __future__ import annotations

import base64
from pathlib import Path
from tempfile import TemporaryDirectory

import data
from features import load_recipe
from tests.made.browser import browser, find_browser
from training import train

PICTURE = Path(__file__).parents[2] / "docs" / "images" / "report.png"
LEADS, SEED = 6000, 1
WIDTH, HEIGHT = 1100, 900


def main() -> None:
    """Train on a simulated company and take the picture of what its reader sees first.

    Raises:
        SystemExit: there is no browser on this machine.
    """
    executable = find_browser()
    if executable is None:
        raise SystemExit("Install Chromium first: the picture is taken in it.")
    with TemporaryDirectory() as folder:
        here = Path(folder)
        data.simulate(here / "acme", leads=LEADS, seed=SEED)
        recipe = load_recipe(here / "acme" / "recipe.toml")
        train(recipe, here / "acme", tracking=False, report=here / "run.html")
        with browser(executable) as tab:
            tab.open((here / "run.html").as_uri(), WIDTH, HEIGHT)
            shot = tab.ask("Page.captureScreenshot", format="png")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    main()
