"""No text that a lead wrote keeps a page waiting: what fits a template is found without going back."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.page import tag
from serving.page.axes import words as words_drawn
from serving.words.language import sentences
from serving.words.translation import LONGEST, translated, translated_page

FRENCH = sentences("fr")
WITH_VALUES = [english for english in FRENCH if english.count("{") > 1]
PLACE, NUMBER = re.compile(r"\{(\w+)\}"), re.compile(r"(count|date)(_\w+)?")
EXACT = {"count": r"\d[\d,.]*", "date": r"\d{4}-\d\d-\d\d"}
GIVEN = {"count": "7", "date": "2026-01-31"}


def plain(english: str) -> re.Pattern[str]:
    first, *others = PLACE.split(english)
    parts = [re.escape(first)]
    for name, words in zip(others[::2], others[1::2], strict=True):
        value = EXACT.get(name.partition("_")[0], ".+?")
        parts.append(f"(?P<{name}>{value}){re.escape(words)}")
    return re.compile("".join(parts), re.DOTALL)


PLAIN = {english: plain(english) for english in FRENCH if "{" in english}


@st.composite
def nearly_sentences(draw: st.DrawFn, longest: int) -> str:
    """A template whose words come again and again, as a text does that a pattern has to go back over."""
    first, *others = PLACE.split(draw(st.sampled_from(WITH_VALUES)))
    value = draw(st.sampled_from(["x", "1", "1,", "x.", " ", others[1]]))
    place = draw(st.integers(0, len(others) // 2 - 1))
    before = "".join(value + words for words in others[1 : 2 * place + 2 : 2])
    again = draw(st.sampled_from([value + others[2 * place + 1], before])) or "x"
    end = draw(st.sampled_from(["", others[-1], "x"]))
    room = longest - len(first) - len(before) - len(end)
    return (first + before + again * max(room // len(again), 0))[: longest - len(end)] + end


@pytest.mark.timeout(60)  # going back over six values of a text of this length takes years
@given(nearly_sentences(LONGEST))
def test_a_text_made_of_the_words_of_a_template_is_read_at_once(text: str) -> None:
    assert len(text) <= LONGEST
    assert isinstance(translated(text, "fr"), str)


@given(st.data())
def test_every_value_is_the_shortest_that_fits(data: st.DataObject) -> None:
    english = data.draw(st.sampled_from(WITH_VALUES))
    own = st.sampled_from(PLACE.split(english)[::2]).map(lambda words: f"a{words}b")
    values = {
        name: GIVEN.get(name.partition("_")[0]) or data.draw(own | st.just("x"))
        for name in PLACE.findall(english)
    }
    text = english.format(**values)
    assert translated(text, "fr") == by_going_back(text)


def by_going_back(text: str) -> str:
    """`text` in French, found by patterns that try every place of every value."""
    for english, pattern in PLAIN.items():
        if (found := pattern.fullmatch(text)) is not None:
            values = {name: of_value(name, value) for name, value in found.groupdict().items()}
            return FRENCH[english].format(**values)
    return text


def of_value(name: str, value: str) -> str:
    """A sentence, or several words of ours, in French; whatever else stays."""
    if name.partition("_")[0] == "list":
        return "".join(translated(part, "fr") for part in re.split("(, | and |; )", value))
    return translated(value, "fr") if name.endswith("_said") else value


def test_sentences_within_sentences_are_read_so_deep_and_no_deeper() -> None:
    assert translated("lead to " * (LONGEST // 8), "fr").startswith("de prospect à de prospect à ")


@pytest.mark.parametrize("text", ["x", "; ", "1,"])
def test_a_text_longer_than_any_sentence_stays_as_it_is(text: str) -> None:
    long = f"lead to {text * LONGEST}"
    assert translated(long, "fr") == long


@given(st.sampled_from(["1,234", "100.001", "hot", "lead to SQL"]))
def test_what_a_company_wrote_is_never_translated(text: str) -> None:
    label = words_drawn(0, 0, text, own=True).source
    cell = tag("td", tag("span", text, translate="no")).source
    assert translated_page(cell + label, "fr") == cell + label
    assert translated_page(tag("td", text).source, "fr") != tag("td", text).source
