"""The page around a report: one file, no script, no request, readable on a screen and on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files

from serving.page.markup import Child, Markup, join, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Even if a text became markup, a browser would neither run nor fetch anything."""

_STYLE = "\n" + files("serving.page").joinpath("style.css").read_text(encoding="utf-8")
_BEGIN, _END = "<main>", "</main>"
_MARGIN = 12
"""Px of white around a picture that no page surrounds."""


def page(title: str, sections: Iterable[Markup], language: str = "en") -> str:
    """A whole HTML document; `language` is that of its words, as HTML names it."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("link", rel="icon", href="data:,"),  # else a browser asks the server for one
        tag("title", title),
        tag("style", Markup(_STYLE)),
    )
    body = tag("body", tag("main", *sections))
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang=language).source + "\n"


def content_of(document: str) -> Markup:
    """What `page` was given, out of the whole document that it made: for another frame."""
    return Markup(document[document.index(_BEGIN) + len(_BEGIN) : document.rindex(_END)])


def picture(drawing: Markup, width: float, height: float) -> str:
    """A drawing of `width` × `height` px as an SVG file of its own, on white, in the page's style."""
    size = {"width": f"{width + 2 * _MARGIN:g}", "height": f"{height + 2 * _MARGIN:g}"}
    ground = tag("rect", x=-_MARGIN, y=-_MARGIN, **size, fill="#fff")
    whole = tag(
        "svg", tag("style", Markup(_STYLE)), ground, drawing, xmlns="http://www.w3.org/2000/svg", **size,
        viewBox=f"{-_MARGIN} {-_MARGIN} {size['width']} {size['height']}",
    )  # fmt: skip
    return whole.source + "\n"


def section(key: str, title: str, *content: Child) -> Markup:
    """A section that `contents` can point to."""
    return tag("section", tag("h2", title), *content, id=key)


def contents(entries: Sequence[tuple[str, str]]) -> Markup:
    """Links to sections, (key, title) each."""
    return tag("nav", tag("ul", *[tag("li", tag("a", title, href=f"#{key}")) for key, title in entries]))


def paragraph(*content: Child, soft: bool = False) -> Markup:
    """A paragraph; `soft` for what explains rather than says."""
    return tag("p", *content, class_="soft" if soft else None)


def bullets(items: Iterable[Child]) -> Markup:
    """A list; nothing where there is no item."""
    found = [tag("li", item) for item in items]
    return tag("ul", *found) if found else join(())


def figure(drawing: Markup, caption: str | None = None) -> Markup:
    """A drawing with words below."""
    return tag("figure", drawing, tag("figcaption", caption) if caption else None)
