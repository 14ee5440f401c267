"""The pages in a real browser: they stand, complain of nothing, ask for nothing, and fit the window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import data
from features import load_recipe
from tests.made.browser import Browser, browser, find_browser
from tests.made.runs import HOSTILE, made_run, with_champion
from training.inspection.inspect import inspect
from training.inspection.page import inspect_page
from training.report.report import report

EXECUTABLE = find_browser()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        EXECUTABLE is None, reason="no Chromium or Chrome on this machine: pages were not rendered"
    ),
]
# of a drawing for desk and telephone exactly one is shown
HIDDEN = """[...document.querySelectorAll("section, h2, figure, table, .verdict")].filter(part => {
  if (part.matches("figure"))
    part = [...part.querySelectorAll("svg")].find(one => one.getClientRects().length);
  if (part === undefined) return true;
  const box = part.getBoundingClientRect(), style = getComputedStyle(part);
  return box.width < 20 || box.height < 5 || style.visibility !== "visible" || style.display === "none";
}).map(part => part.outerHTML.slice(0, 80))"""
# drawings of a desk fill the page, letters are of a size to read, and nothing scrolls sideways out of sight
SMALL = """[...document.querySelectorAll("figure svg")].filter(one => {
  if (!one.getClientRects().length) return false;
  const box = one.getBoundingClientRect(), scale = box.width / one.viewBox.baseVal.width;
  const room = one.closest("figure").getBoundingClientRect().width;
  const narrow = one.matches(".desk, .phone") && box.width < 0.7 * room;
  return scale < 0.8 || box.right > window.innerWidth || narrow;
}).map(one => one.getAttribute("aria-label"))"""
CUT = """[...document.querySelectorAll("svg text")].filter(word => {
  if (!word.getClientRects().length) return false;
  const box = word.getBoundingClientRect(), frame = word.closest("svg").getBoundingClientRect();
  return box.left < frame.left - 1 || box.right > frame.right + 1 ||
    box.bottom > frame.bottom + 1 || box.top < frame.top - 1;
}).map(word => word.textContent)"""
TOO_WIDE = "document.documentElement.scrollWidth - window.innerWidth"


@pytest.fixture(scope="module")
def tab() -> Iterator[Browser]:
    assert EXECUTABLE is not None
    with browser(EXECUTABLE) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    data.simulate(folder, 2000, 1)
    inspected = inspect(load_recipe(folder / "recipe.toml"), folder)
    texts = {
        "report": report(made_run()),
        "champion": report(with_champion(made_run())),
        "hostile": report(made_run(names=HOSTILE)),
        "undated": report(made_run(dated=False)),
        "inspection": inspect_page(inspected),
    }
    for name, text in texts.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in texts}


@pytest.mark.parametrize("name", ["report", "champion", "hostile", "undated", "inspection"])
@pytest.mark.parametrize("width", [1280, 1100, 800, 500, 400])
def test_a_page_stands_in_a_browser(tab, pages, name, width, tmp_path):
    address = pages[name].as_uri()
    tab.open(address, width)
    assert tab.complaints() == []
    assert [asked for asked in tab.requests() if not asked.startswith("data:")] == [address]
    assert tab.value("document.querySelectorAll('section').length") >= 6
    assert tab.value(HIDDEN) == []
    assert tab.value(CUT) == []
    assert tab.value(SMALL) == []
    assert tab.value(TOO_WIDE) <= 0
    tab.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 20_000


def test_hostile_names_do_not_run(tab, pages):
    tab.open(pages["hostile"].as_uri())
    assert tab.value("document.querySelectorAll('script, img').length") == 0
    assert tab.value("document.querySelector('h1').textContent").startswith("<script>alert(1)</script>")


def test_the_first_screen_answers_a_sales_manager(tab, pages):
    tab.open(pages["champion"].as_uri(), 1100, 800)
    above = """[...document.querySelectorAll(".verdict .big, .verdict .promise, #verdict svg")].filter(part =>
      part.getClientRects().length && part.getBoundingClientRect().bottom <= window.innerHeight)
      .map(part => part.textContent)"""
    verdict, promise, drawn = tab.value(above)
    assert verdict == "Promote: the model may answer."
    assert promise.startswith("Call the best 50 a week: expect ")
    assert "the present champion" in drawn
    assert tab.value("[...document.querySelectorAll('#verdict table')].length") == 0


def test_tables_fit_the_window_of_a_desk(tab, pages):
    tab.open(pages["champion"].as_uri(), 1100)
    wide = """[...document.querySelectorAll(".wide")].filter(box => box.scrollWidth > box.clientWidth + 1)
      .map(box => box.textContent.slice(0, 80))"""
    assert tab.value(wide) == []


def test_curves_have_marks_and_stand_in_grey(tab, pages):
    """Without colour, curves of one chart are told apart by dashes or marks."""
    tab.open(pages["champion"].as_uri(), 1100)
    looks = """[...document.querySelectorAll("#capacity svg, #gains svg, #calibration svg")].map(chart =>
      [...chart.querySelectorAll("polyline")].map(curve =>
        curve.getAttribute("stroke-dasharray") + "/" + curve.getAttribute("stroke-width")))"""
    for chart in tab.value(looks):
        assert len(chart) >= 3
        assert len(set(chart)) == len(chart), chart


@pytest.mark.parametrize("name", ["report", "champion"])
def test_nothing_is_lost_on_paper(tab, pages, name):
    tab.open(pages[name].as_uri(), 700)
    tab.ask("Emulation.setEmulatedMedia", media="print")
    assert tab.value(HIDDEN) == []
    assert tab.value("getComputedStyle(document.querySelector('nav')).display") == "none"
    cut = """[...document.querySelectorAll("table, svg")].filter(part =>
      part.getBoundingClientRect().right > document.documentElement.clientWidth + 1).length"""
    assert tab.value(cut) == 0
    tab.ask("Emulation.setEmulatedMedia", media="")
