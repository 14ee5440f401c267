"""The frame of every page at `/app`: where one is, in which language, light or dark; all without script."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal, NamedTuple, TypeAlias

from features.language import LANGUAGES, Language
from serving.page.markup import Child, Markup, join, tag

Theme: TypeAlias = Literal["auto", "light", "dark"]
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of a framed page: a browser that keeps it asks nobody but us."""
STYLE_PATH, SCRIPT_PATH = "/app/style.css", "/app/page.js"
_ASSETS = {STYLE_PATH: ("style.css", "frame.css"), SCRIPT_PATH: ("frame.js",)}
_THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
_NAMES: dict[Language, str] = {"en": "English", "fr": "Français"}
_THIN = "\N{NARROW NO-BREAK SPACE}"


class Room(NamedTuple):
    """A page that the navigation leads to, and what a key must be for to see it."""

    path: str
    en: str
    fr: str
    scope: str


ROOMS: tuple[Room, ...] = (
    Room("/app", "Score a file", "Noter un fichier", "score"),
    Room("/app/today", "Today", "Aujourd’hui", "read"),
    Room("/app/accounts", "Accounts", "Comptes", "read"),
    Room("/app/funnel", "Funnel", "Entonnoir", "read"),
    Room("/app/champion", "Model", "Modèle", "read"),
    Room("/app/start", "Train", "Apprendre", "write"),
)


@dataclass(frozen=True)
class Visitor:
    """Who looks at a page: in which language and light, as whom (''), and what their key may do.

    `token` stands in each form, so that no other site can send one. `keyless`: no key is needed here.
    """

    language: Language = "en"
    theme: Theme = "auto"
    name: str = ""
    scopes: frozenset[str] = frozenset()
    token: str = field(default="", repr=False)
    keyless: bool = False
    path: str = "/app"

    def may(self, scope: str) -> bool:
        """Whether this person may do what `scope` names."""
        return self.keyless or scope in self.scopes or "admin" in self.scopes

    def say(self, en: str, fr: str) -> str:
        """The words of this person's language."""
        return fr if self.language == "fr" else en

    def count(self, number: int) -> str:
        """A whole number with its thousands apart, as this language writes them."""
        return f"{number:,}".replace(",", _THIN if self.language == "fr" else ",")

    def number(self, value: float, digits: int = 0) -> str:
        """A number in so many digits, as this language writes it."""
        text = f"{value:,.{digits}f}".replace("-", "−")
        return text.translate({44: _THIN, 46: ","}) if self.language == "fr" else text

    def share(self, value: float) -> str:
        """A share in per cent, with a digit more where it is small."""
        digits = 0 if abs(value) >= 0.0995 or value == 0 else 1 if abs(value) >= 0.00995 else 2
        return f"{self.number(100 * value, digits)}\N{NO-BREAK SPACE}%"


def framed(title: str, body: Iterable[Child], *, here: str, who: Visitor, refresh: int | None = None) -> str:
    """A whole HTML document: `body` under the navigation, in which the room at the path `here` is marked.

    With `refresh` the browser asks again after so many seconds: by script for the content alone, which a
    screen reader is told of without losing its place, else for the whole page.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("noscript", tag("meta", http_equiv="refresh", content=str(refresh))) if refresh else None,
        tag("meta", name="color-scheme", content="light dark" if who.theme == "auto" else who.theme),
        tag("link", rel="icon", href="data:,"),
        tag("title", f"{title} · leadscore"),
        tag("link", rel="stylesheet", href=_address(STYLE_PATH)),
        tag("script", src=_address(SCRIPT_PATH), defer=""),
    )
    skip = tag("a", who.say("Skip to the content", "Aller au contenu"), class_="skip", href="#content")
    again = str(refresh) if refresh else None
    main = tag("main", *body, id="content", tabindex="-1", data_refresh=again)
    whole = tag("body", skip, _top(here, who), main, _bottom(who), class_="app")
    return "<!DOCTYPE html>\n" + tag("html", head, whole, lang=who.language, data_theme=who.theme).source


def form(path: str, who: Visitor, *content: Child, **attributes: str | None) -> Markup:
    """A form that posts to `path`, with the token that proves that it is ours."""
    token = tag("input", type="hidden", name="token", value=who.token)
    return tag("form", token, *content, method="post", action=path, **attributes)


def button(label: str, *, kind: str = "", **attributes: str | None) -> Markup:
    """A button that sends its form; `kind` is 'main', 'quiet' or 'danger'."""
    return tag("button", label, type="submit", class_=kind or None, **attributes)


def labelled(label: str, control: Markup, hint: str = "") -> Markup:
    """A control under its label, and a hint below."""
    return tag("label", tag("span", label), control, tag("small", hint) if hint else None)


def choice(name: str, options: Iterable[tuple[str, str]], chosen: str = "", **more: str | None) -> Markup:
    """A list to choose from, of (value, words)."""
    found = [
        tag("option", said, value=value, selected="" if value == chosen else None) for value, said in options
    ]
    return tag("select", *found, name=name, **more)


def asset(path: str) -> str | None:
    """The text of the style or script at `path`, None where it is neither."""
    return _text(path) if path in _ASSETS else None


@cache
def _text(path: str) -> str:
    return "\n".join(
        files("serving.page").joinpath(name).read_text(encoding="utf-8") for name in _ASSETS[path]
    )


@cache
def _address(path: str) -> str:
    """With the text's hash, so that a browser may keep it for good."""
    return f"{path}?{hashlib.sha256(_text(path).encode()).hexdigest()[:12]}"


def _top(here: str, who: Visitor) -> Markup:
    rooms = [room for room in ROOMS if who.may(room.scope)]
    links = [
        tag("li", tag("a", who.say(room.en, room.fr), href=room.path,
                      aria_current="page" if room.path == here else None))
        for room in rooms
    ]  # fmt: skip
    brand = tag("a", tag("b", "lead"), "score", class_="brand", href="/app")
    nav = tag("nav", tag("ul", *links), aria_label=who.say("Pages", "Pages")) if links else None
    return tag("header", tag("div", brand, nav, _person(who), class_="bar"))


def _person(who: Visitor) -> Markup | None:
    if not who.name:
        return None
    leave = form("/app/sign-out", who, button(who.say("Sign out", "Se déconnecter"), kind="quiet"))
    return tag("div", tag("span", who.name, class_="name"), leave, class_="person")


def _bottom(who: Visitor) -> Markup:
    """The switches, and where the other pages of this service are."""
    languages = [_switch("language", one, _NAMES[one], one == who.language, one) for one in LANGUAGES]
    words = {
        "auto": who.say("As the system", "Comme le système"),
        "light": who.say("Light", "Clair"),
        "dark": who.say("Dark", "Sombre"),
    }
    themes = [_switch("theme", one, words[one], one == who.theme) for one in _THEMES]
    back = tag("input", type="hidden", name="back", value=who.path)
    parts = [
        tag("fieldset", tag("legend", legend), *switches)
        for legend, switches in (
            (who.say("Language", "Langue"), languages), (who.say("Appearance", "Apparence"), themes),
        )
    ]  # fmt: skip
    about = tag("p", tag("a", who.say("For developers", "Pour les développeurs"), href="/"))
    return tag("footer", tag("div", form("/app/settings", who, back, *parts), about, class_="bar"))


def _switch(name: str, value: str, words: str, on: bool, lang: str | None = None) -> Markup:
    pressed = "true" if on else "false"
    return tag("button", words, type="submit", name=name, value=value, aria_pressed=pressed, lang=lang)


def note(*content: Child, kind: str = "info", role: str | None = None) -> Markup:
    """A box that says something: `kind` is 'info', 'good', 'warn' or 'bad'."""
    return tag("div", *content, class_=f"note {kind}", role=role)


def tiles(items: Iterable[tuple[Child, str, str]]) -> Markup:
    """Large figures side by side: (figure, what it is, a class)."""
    found = [
        tag("div", tag("dt", words), tag("dd", figure), class_=f"tile {kind}".strip())
        for figure, words, kind in items
    ]
    return tag("dl", *found, class_="tiles") if found else join(())
