"""A page that the command wrote, in the frame of ours: the reader's language where we know the words."""

from __future__ import annotations

import html
import re
from pathlib import Path

from starlette.responses import FileResponse, Response

from serving.desk.sentences import tell
from serving.desk.words import way
from serving.page import Markup, Visitor, tag
from serving.page.shell import content_of
from serving.visit import shown
from serving.words.translation import document_in, translated_page

_TYPES = {
    ".html": "text/html",
    ".csv": "text/csv",
    ".toml": "text/plain",
    ".parquet": "application/octet-stream",
}
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; sandbox"
"""Of a page that the command wrote: it runs nothing and asks nobody."""
_LANGUAGE, _TITLE = re.compile(r'<html lang="(\w+)"'), re.compile(r"<title>([^<]*)</title>")


def framed_file(who: Visitor, path: Path, address: str, back: Markup, here: str) -> Response:
    """The page at `path` under our navigation; `address` hands it over as one file that can be sent on."""
    title = _TITLE.search(path.read_text(encoding="utf-8"))
    keep = way(tell(who, "keep_as_one_file"), f"{address}?file=yes")
    body = [tag("p", back, class_="crumbs"), inlined(who, path), tag("div", keep, class_="actions")]
    return shown(html.unescape(title[1]) if title else path.name, body, who, here=here)


def inlined(who: Visitor, path: Path) -> Markup:
    """What a page of the command holds; in the reader's language where it is English."""
    document = path.read_text(encoding="utf-8")
    language = _LANGUAGE.search(document)
    told, content = language[1] if language else "en", content_of(document).source
    if _is_english(document):
        told, content = who.language, translated_page(content, who.language)
    return tag("div", Markup(content), class_="report", lang=told if told != who.language else None)


def _is_english(document: str) -> bool:
    language = _LANGUAGE.search(document)
    return language is None or language[1] == "en"


def sent_file(who: Visitor, path: Path) -> Response:
    """A file for keeping; a page of ours is told as it is shown, and runs nothing wherever it is opened."""
    kind = _TYPES.get(path.suffix, "application/octet-stream")
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    if path.suffix == ".html":
        document, stem = path.read_text(encoding="utf-8"), path.name.partition(".")[0]
        told = document_in(document, who.language) if _is_english(document) else document
        headers |= {
            "Content-Security-Policy": _POLICY,
            "Content-Disposition": f'attachment; filename="{stem}.html"',
        }
        return Response(told, media_type=kind, headers=headers)
    return FileResponse(path, media_type=kind, headers=headers, filename=path.name)
