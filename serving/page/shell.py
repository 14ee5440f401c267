"""The page around a report: one file, no script, no request, readable on a screen and on paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from serving.page.markup import Child, Markup, join, tag

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Even if a text became markup, a browser would neither run nor fetch anything."""

_STYLE = """
:root { --ink: #1a1a1a; --soft: #595959; --rule: #d0d0d0; --paper: #fff; --tint: #f4f6f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 64rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 2px solid var(--ink); }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; overflow-wrap: anywhere; }
p, ul { margin: .4rem 0 .8rem; max-width: 48rem; }
li { margin: .2rem 0; }
p.soft, caption { color: var(--soft); font-size: .875rem; }
.verdict { border: 2px solid var(--ink); border-left-width: .75rem; padding: 1rem 1.25rem; margin: 1rem 0; }
.verdict p { margin: .3rem 0; }
.verdict .big { font-size: 1.35rem; font-weight: 700; }
.verdict .promise { font-size: 1.15rem; font-weight: 600; }
dl { max-width: 48rem; font-size: .9rem; }
dt { font-weight: 600; margin-top: .4rem; } dd { margin: 0 0 0 1.25rem; }
.promote { border-color: #0072B2; } .refuse { border-color: #D55E00; }
.nothing_to_learn { border-color: #595959; }
.flag { display: inline-block; border: 1px solid #A34700; color: #A34700; border-radius: .2rem;
  padding: 0 .35rem; font-size: .8rem; font-weight: 600; }
.wide { overflow-x: auto; margin: .5rem 0 1rem; }
table { border-collapse: collapse; font-size: .875rem; }
caption { text-align: left; padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .9rem .25rem 0;
  border-bottom: 1px solid var(--rule); unicode-bidi: isolate; }
th { vertical-align: bottom; border-bottom-color: var(--ink); }
td { overflow-wrap: break-word; max-width: 26rem; }
th.n { text-align: right; }
td.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
figure { margin: .75rem 0 1.25rem; break-inside: avoid; }
figcaption { color: var(--soft); font-size: .875rem; max-width: 48rem; }
svg { max-width: 100%; height: auto; display: block; }
svg.phone { display: none; }
svg text { font: 12px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: var(--ink); }
svg text.soft { fill: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(27rem, 1fr)); gap: 1rem;
  align-items: start; }
.card { border: 1px solid var(--rule); padding: .75rem 1rem; break-inside: avoid; min-width: 0; }
.card h3 { margin-top: 0; }
.card.suspect { border: 2px solid #D55E00; }
.card p { margin: .2rem 0; font-size: .875rem; }
.card figure { margin: .5rem 0 0; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem;
  font-size: .875rem; }
a { color: #00558a; }
@media (max-width: 42rem) { body { padding: 1rem; } .cards { grid-template-columns: 1fr; }
  svg.desk { display: none; } svg.phone { display: block; width: 100%; }
  caption { position: sticky; left: 0; width: calc(100vw - 2.5rem); } }
@media print { body { max-width: none; padding: 0; font-size: 10pt; } nav { display: none; }
  h2, h3 { break-after: avoid; } tr { break-inside: avoid; } table { font-size: 8pt; }
  p.soft, caption, figcaption { font-size: 8.5pt; }
  .wide { overflow: visible; } svg.desk { display: block; width: 100%; } svg.phone { display: none; }
  th, td, td.n { white-space: normal; padding-right: .5rem; } svg { max-width: 100%; } }
"""


def page(title: str, sections: Iterable[Markup]) -> str:
    """A whole HTML document."""
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
    return "<!DOCTYPE html>\n" + tag("html", head, body, lang="en").source + "\n"


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
