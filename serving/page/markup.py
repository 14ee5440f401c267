"""HTML and SVG that cannot be broken into: every text is escaped where it becomes markup.

By hand, because htpy or Jinja2 would replace `tag` and `join` alone, about thirty lines: what pages need
beside them (control characters left out, half surrogates replaced, digits that people read) would stay.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Markup:
    """A piece of markup that is safe to put into a page; only `tag` and `join` make it from texts."""

    source: str


Child: TypeAlias = str | int | float | Markup | None

_VOID = frozenset({"meta", "link", "br", "input"})
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
"""Control characters: no browser shows them, and XML forbids them."""


def escaped(text: str) -> str:
    """`text` for an element or a quoted attribute; what cannot be shown is left out.

    >>> escaped('<b> & "c"')
    '&lt;b&gt; &amp; &quot;c&quot;'
    """
    shown = _UNSEEN.sub("", text).encode("utf-8", "replace").decode("utf-8")
    return html.escape(shown, quote=True)


def tag(name: str, /, *children: Child, **attributes: str | float | None) -> Markup:
    """The element `name`; texts are escaped, None is left out.

    In attribute names '_' stands for '-', and a last '_' is dropped (`class_`).

    >>> tag("p", "1 < 2", class_="note").source
    '<p class="note">1 &lt; 2</p>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(_shown(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    if name in _VOID:
        return Markup(f"<{name}{said}>")
    return Markup(f"<{name}{said}>{join(children).source}</{name}>")


def join(children: Iterable[Child], between: str = "") -> Markup:
    """Children one after the other."""
    return Markup(between.join(_source(child) for child in children if child is not None))


def own(text: str) -> Markup:
    """What a company wrote, such as a name, an id or a level: nobody translates it, nor does a browser.

    >>> own("hot").source
    '<span translate="no">hot</span>'
    """
    return tag("span", text, translate="no")


def table(head: Sequence[Child], rows: Iterable[Sequence[Child]], caption: str | None = None) -> Markup:
    """A table; columns that hold only numbers stand right."""
    rows = [list(row) for row in rows]
    right = [bool(rows) and all(_numeric(row[place]) for row in rows) for place in range(len(head))]
    top = tag("thead", _row("th", head, right))
    body = tag("tbody", *[_row("td", row, right) for row in rows])
    whole = tag("table", tag("caption", caption) if caption else None, top, body)
    return tag("div", whole, class_="wide", tabindex="0")  # what may scroll is reached by the keyboard


def stacked(head: Sequence[str], rows: Iterable[Sequence[Child]], kind: str = "") -> Markup:
    """A table that a telephone shows as cards, in which each cell says what it is; `kind` is a class more."""
    top = tag("thead", tag("tr", *[tag("th", word, scope="col") for word in head]))
    lines = [
        tag("tr", *[tag("td", cell, data_head=word) for cell, word in zip(row, head, strict=True)])
        for row in rows
    ]
    whole = tag("table", top, tag("tbody", *lines), class_=f"stack {kind}".strip())
    return tag("div", whole, class_="wide", tabindex="0")


def _row(cell: str, children: Sequence[Child], right: Sequence[bool]) -> Markup:
    """A row; a column that is called nothing has no heading that a reader could be told of."""
    named = ["td" if child == "" else cell for child in children]
    return tag(
        "tr",
        *[
            tag(kind, child, scope="col" if kind == "th" else None, class_="n" if numeric else None)
            for kind, child, numeric in zip(named, children, right, strict=True)
        ],
    )


def _source(child: Child) -> str:
    return child.source if isinstance(child, Markup) else escaped(_shown(child))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _numeric(cell: Child) -> bool:
    if isinstance(cell, str):
        return re.match(r"[-+−±]?\d[\d.,]*(?:\s%)?(?: [\[(].*[\])])?$|–$", cell) is not None
    return isinstance(cell, int | float)
