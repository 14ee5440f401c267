"""A report is one page that nothing can break: texts are shown as they are; nothing runs or is fetched."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.page.axes import nice_ticks, words
from serving.page.markup import table, tag
from serving.page.shell import page, section
from serving.page.words import percent
from tests.made.runs import HOSTILE, Seen, assert_self_contained, made_run
from training.report.evidence.curves import write_curves
from training.report.input import ReportInput
from training.report.report import report, write_report

SECTIONS = [
    "verdict", "capacity", "gains", "calibration", "reasons", "time", "age", "conditions", "origins",
    "segments", "groups", "comparison", "leaks", "rows", "card",
]  # fmt: skip
SVG = "{http://www.w3.org/2000/svg}"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1, max_size=40)


@given(TEXT, TEXT)
def test_any_text_comes_back_as_it_went_in(text, other):
    seen = Seen(page(text, [section("a", other, tag("p", text, title=other)), table([text], [[other]])]))
    assert [t for t in seen.texts if t == text]
    shown = [attributes.get("title") for name, attributes in seen.tags if name == "p"]
    assert shown == [other]
    names = [name for name, _ in seen.tags]
    assert set(names) <= {
        "html", "head", "meta", "link", "title", "style", "body", "main", "section", "h2", "p", "div",
        "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip


@given(st.text(max_size=60))
def test_no_text_makes_a_page_that_cannot_be_written(text):
    page(text, [tag("p", text), words(0, 0, text, room=80)]).encode("utf-8")


def test_every_section_is_there_and_the_verdict_comes_first():
    seen = assert_self_contained(report(made_run()))
    assert seen.sections == SECTIONS
    assert seen.text.index("Promote: the model may answer.") < seen.text.index("leads called a week")


def test_hostile_names_are_shown_not_run(tmp_path):
    write_report(made_run(names=HOSTILE), tmp_path / "report.html")
    seen = assert_self_contained((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "<script>alert(1)</script>" in seen.text
    assert "nul bell half?" in seen.text


def test_the_curves_of_the_page_are_kept_as_pictures_of_their_own(tmp_path):
    write_curves(made_run(names=HOSTILE), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"gains.svg", "calibration.svg"}
    for name, section_ in (("gains.svg", "gains"), ("calibration.svg", "calibration")):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert_self_contained(text)
        drawn = ElementTree.fromstring(text)  # one picture in XML, with its size and its style
        assert drawn.tag == f"{SVG}svg"
        assert {"width", "height", "viewBox"} <= set(drawn.attrib)
        assert ".soft" in str(drawn.findtext(f"{SVG}style"))
        page_ = report(made_run(names=HOSTILE)).partition(f'<section id="{section_}">')[2]
        said = [str(title.text) for title in drawn.iter(f"{SVG}title")]
        assert f"<title>{said[0]}</title>" in page_.partition("</svg>")[0]
        assert len(list(drawn.iter(f"{SVG}polyline"))) == page_.partition("</svg>")[0].count("<polyline")


def test_a_run_that_learned_nothing_has_no_curves(tmp_path):
    write_curves(replace(made_run(), test=None, probabilities={}), tmp_path)
    assert not list(tmp_path.iterdir())


def test_no_lead_is_named():
    assert "secret-lead" not in report(made_run())


def test_a_row_order_in_place_of_time_has_no_weeks():
    text = Seen(report(made_run(dated=False))).text
    assert "a week" not in text
    assert "of each 1,000 rows" in text
    assert "cannot" in text or "nobody can guarantee" in text


@pytest.mark.parametrize("verdict", ["refuse", "nothing_to_learn"])
def test_a_refusal_says_why(verdict):
    run = replace(made_run(), verdict=verdict, reasons=["the slope is 0.4"])
    seen = assert_self_contained(report(run))
    assert "the slope is 0.4" in seen.text


def test_a_run_that_learned_nothing_has_verdict_rows_and_card():
    run = ReportInput(
        name="acme", verdict="nothing_to_learn", reasons=["no conversion among 90 fit rows"],
        recommendation="Let the rules answer.", horizon_days=90, account=[("leads read", 90)], quality=[],
    )  # fmt: skip
    seen = assert_self_contained(report(run))
    assert seen.sections == ["verdict", "rows", "card"]
    assert "no conversion among 90 fit rows" in seen.text


@pytest.mark.parametrize("rows", [3, 60])
def test_few_rows_make_a_page_too(rows):
    assert_self_contained(report(made_run(rows)))


@given(st.floats(0, 1e6), st.floats(1e-6, 1e6), st.integers(2, 8))
def test_ticks_lie_inside_and_are_few(low, span, most):
    high = low + span
    ticks = nice_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 * span <= tick <= high + 1e-6 * span for tick in ticks)


def test_small_shares_keep_their_digits():
    shown = [percent(p).replace("\xa0", " ") for p in (0, 0.0004, 0.034, 0.34, 1)]
    assert shown == ["0 %", "0.04 %", "3.4 %", "34 %", "100 %"]
