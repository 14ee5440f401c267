"""The way in and out of the pages: sign in with a key, sign out, language and light, style and script."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from serving.api.desk import desk_of
from serving.ledger import ApiKeys
from serving.page import Visitor, button, form, labelled, note, paragraph, tag
from serving.page.frame import asset
from serving.visit.answers import gone_to, page_at, sent_form, shown, visitor
from serving.visit.session import begin, end, opened_session

_YEAR_SECONDS = 365 * 24 * 3600
_CHOICES = {"language": ("en", "fr"), "theme": ("auto", "light", "dark")}


@page_at
async def sign_in(request: Request) -> Response:
    """The form that asks for a key, and the session of who shows one."""
    who = visitor(request.scope)
    back = inside(request.query_params.get("back"))
    if request.method != "POST":
        return _sign_in_page(who, back)
    fields = await sent_form(request)
    back, text, ledger = (
        inside(fields.get("back")),
        str(fields.get("key", "")).strip(),
        desk_of(request).ledger,
    )
    keys = ApiKeys(ledger) if ledger is not None else None
    found = None if keys is None else await run_in_threadpool(keys.check, text)
    if keys is None or found is None:
        return _sign_in_page(who, back, wrong=True)
    answer = gone_to(back)
    begin(answer, opened_session(found, await run_in_threadpool(keys.ring)), secure=_is_secure(request))
    return answer


@page_at
async def sign_out(request: Request) -> Response:
    """The session ends."""
    await sent_form(request)
    answer = gone_to("/app/sign-in")
    end(answer)
    return answer


@page_at
async def settings(request: Request) -> Response:
    """Keep the language or the light that was chosen, for a year."""
    fields = await sent_form(request)
    answer = gone_to(inside(fields.get("back")))
    for name, values in _CHOICES.items():
        if fields.get(name) in values:
            answer.set_cookie(
                f"leadscore_{name}", str(fields[name]), _YEAR_SECONDS, path="/app", httponly=True,
                samesite="lax", secure=_is_secure(request),
            )  # fmt: skip
    return answer


async def assets(request: Request) -> Response:
    """The style and the script; their address changes with them."""
    kind = "text/css" if request.url.path.endswith(".css") else "text/javascript"
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(asset(request.url.path), headers=headers, media_type=kind)


def inside(path: object) -> str:
    """`path` where it is one of our pages, else the first page: nobody is led elsewhere.

    >>> inside("/app/jobs/1"), inside("//evil.example"), inside("/app\\\\evil"), inside(None)
    ('/app/jobs/1', '/app', '/app', '/app')
    """
    text = str(path or "")
    ours = text == "/app" or text.startswith(("/app/", "/app?"))
    return text if ours and text.isprintable() and "\\" not in text else "/app"


def _sign_in_page(who: Visitor, back: str, *, wrong: bool = False) -> Response:
    title = who.say("Sign in", "Se connecter")
    key = tag("input", type="password", name="key", required="", autocomplete="current-password", size="48",
              aria_invalid="true" if wrong else None)  # fmt: skip
    told = who.say(
        "This key is unknown, revoked or has ended. Check that it was pasted whole, or ask for a new one.",
        "Cette clé est inconnue, révoquée ou échue. Collez-la en entier, ou demandez-en une autre.",
    )
    hint = who.say(
        "It begins with lsk_. Whoever runs this service makes one with 'leadscore keys new'.",
        "Elle commence par lsk_. Qui gère ce service en crée une avec « leadscore keys new ».",
    )
    body = [
        tag("h1", title),
        paragraph(who.say("Paste your key to see the leads of your company.",
                          "Collez votre clé pour voir les prospects de votre entreprise.")),
        note(paragraph(told), kind="bad", role="alert") if wrong else None,
        form("/app/sign-in", who, tag("input", type="hidden", name="back", value=back),
             labelled(who.say("Key", "Clé"), key, hint), tag("p", button(title, kind="main"))),
    ]  # fmt: skip
    return shown(title, [tag("section", *body)], who, status=403 if wrong else 200)


def _is_secure(request: Request) -> bool:
    """Whether the browser came by TLS, perhaps through a proxy that says so."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))
