"""How a page is answered: by whom it is seen, with which headers, and what a refusal looks like there."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterable
from functools import wraps
from http import HTTPStatus
from typing import Any, TypeAlias
from urllib.parse import quote

from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from features.errors import LeadscoreError
from serving.api.desk import ANONYMOUS
from serving.api.problems import RefusedError, RequestProblem
from serving.page import Child, Markup, Visitor, framed, note, paragraph, tag
from serving.page.frame import POLICY, Theme
from serving.visit.session import form_token
from serving.words import language_of

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
_HEADERS = {
    "Content-Security-Policy": POLICY,
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language, Cookie",
}
_SAID = {
    403: ("You may not do this", "Vous n’avez pas ce droit"),
    404: ("Nothing is here", "Il n’y a rien ici"),
    408: ("This took too long", "C’était trop long"),
    413: ("This is too large", "C’est trop volumineux"),
    429: ("Too many requests", "Trop de demandes"),
    500: ("Something failed here", "Une erreur est survenue ici"),
    507: ("The disk is full", "Le disque est plein"),
}
_FRENCH = {
    403: "Votre clé n’a pas ce droit, ou la demande vient d’ailleurs. Demandez une clé qui le permet.",
    404: "Cette adresse ne mène nulle part.",
    413: "Ce qui a été envoyé dépasse la limite. Envoyez un fichier plus petit.",
    429: "Les demandes se suivent trop vite. Attendez un instant.",
    500: "Le service n’a pas pu répondre. Réessayez ; si cela dure, signalez-le.",
}
"""What a refusal of the edge says in French, as its own words are English."""


def visitor(scope: Scope) -> Visitor:
    """Who asks for a page, in the language and light that they chose, else that their browser names."""
    request = Request(scope)
    chosen = request.cookies.get("leadscore_language")
    language = language_of(chosen or request.headers.get("accept-language"), "en")
    caller = scope.get("leadscore.caller", "")
    themes: dict[str, Theme] = {"light": "light", "dark": "dark"}
    query = request.url.query
    return Visitor(
        language=language,
        theme=themes.get(request.cookies.get("leadscore_theme", ""), "auto"),
        name="" if caller == ANONYMOUS else str(scope.get("leadscore.named", caller)),
        scopes=frozenset(scope.get("leadscore.scopes", ())),
        token=form_token(scope),
        keyless=caller == ANONYMOUS,
        path=request.url.path + (f"?{query}" if query else ""),
    )


def shown(
    title: str, body: Iterable[Child], who: Visitor, *, here: str = "/app", status: int = 200,
    refresh: int | None = None,
) -> Response:  # fmt: skip
    """A framed page as an answer."""
    return HTMLResponse(framed(title, body, here=here, who=who, refresh=refresh), status, _HEADERS)


def gone_to(path: str) -> Response:
    """After a form: the browser asks for `path` next, so that a reload sends nothing again."""
    return RedirectResponse(path, 303, {"Cache-Control": "no-store"})


def page_at(endpoint: Endpoint) -> Endpoint:
    """`endpoint`, whose refusals and errors are pages too."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as error:
            return refusal_page(request.scope, error.response(), told=True)
        except LeadscoreError as error:
            who = visitor(request.scope)
            return sorry(who, 422, error.problem, error.remedy)
        except ClientDisconnect:
            raise
        except Exception as error:
            who = visitor(request.scope)
            if isinstance(error, OSError) and error.errno in _FULL:
                return sorry(who, 507, *_no_room(who))
            # its words may hold what was sent: only its type is told
            print(f"leadscore: {type(error).__name__} in a page that was answered by 500", flush=True)
            return sorry(who, 500, *_ours(who))

    return answered


async def sent_form(request: Request, **limits: Any) -> FormData:
    """The fields of a form that is ours.

    Raises:
        RefusedError: it lacks this visitor's token, or is no form.
    """
    try:
        fields = await request.form(**limits)
    except (HTTPException, MultiPartException, FormParserError, ValueError):
        raise no_form(request.scope) from None
    check_token(request, fields.get("token"))
    return fields


def sent_name(name: str) -> str:
    """The name of a column as a form sends it: a browser writes every line break alike."""
    return "\n".join(name.splitlines())


def no_form(scope: Scope) -> RefusedError:
    """The refusal of what is no form, or not the whole of one."""
    say = visitor(scope).say
    return RefusedError(
        400, say("form", "formulaire"), say("did not arrive whole", "n’est pas arrivé en entier"),
        say("Send it once more; nothing of it was kept.", "Renvoyez-le ; rien n’en a été gardé."),
    )  # fmt: skip


def check_token(request: Request, token: object) -> None:
    """Whether a form came from a page that we gave to this visitor.

    Raises:
        RefusedError: it did not, or the session has changed since.
    """
    if token != form_token(request.scope):
        say = visitor(request.scope).say
        raise RefusedError(
            403, say("form", "formulaire"),
            say("is not from this session", "ne vient pas de cette session"),
            say("Go back, load the page again, and send it once more.",
                "Revenez en arrière, rechargez la page et renvoyez-le."),
        )  # fmt: skip


def refusal_page(scope: Scope, refusal: Response, *, told: bool = False) -> Response:
    """A refusal as a page; who has no key is asked for one. `told`: in the reader's language already."""
    who, status = visitor(scope), refusal.status_code
    if status == 401:
        back = quote(who.path if scope["method"] == "GET" else "/app", safe="/")
        return gone_to(f"/app/sign-in?back={back}")
    problem = RequestProblem.model_validate_json(bytes(refusal.body)).problems[0]
    words = f"{problem.field}: {problem.problem}."
    remedy = problem.remedy
    if not told and who.language == "fr":
        words, remedy = _FRENCH.get(status, words), ""
    answer = sorry(who, status, words, remedy)
    kept = ("retry-after", "connection", "allow")
    answer.headers.update({name: value for name, value in refusal.headers.items() if name in kept})
    return answer


def sorry(who: Visitor, status: int, problem: str, remedy: str) -> Response:
    """A page that says what is wrong, what to do, and leads back."""
    title = who.say(*_SAID[status]) if status in _SAID else _phrase(who, status)
    body = [
        tag("h1", title),
        note(paragraph(problem), paragraph(remedy) if remedy else None, kind="bad", role="alert"),
        way_back(who),
    ]
    return shown(title, body, who, status=status)


def way_back(who: Visitor) -> Markup:
    """A link to the first page."""
    words = who.say("Back to the first page", "Retour à la première page")
    return tag("p", tag("a", words, href="/app", class_="button"), class_="actions")


def _phrase(who: Visitor, status: int) -> str:
    return who.say("This cannot be done", "C’est impossible") if status < 500 else HTTPStatus(status).phrase


_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room on the disk, in a quota, or below a limit on files."""


def _ours(who: Visitor) -> tuple[str, str]:
    return (
        who.say("The service could not answer.", "Le service n’a pas pu répondre."),
        who.say("Try again; please report it as a bug if it stays. What you dropped before is still there.",
                "Réessayez ; si cela dure, signalez-le. Ce que vous aviez déposé est toujours là."),
    )  # fmt: skip


def _no_room(who: Visitor) -> tuple[str, str]:
    return (
        who.say("There is no room left for this file; nothing of it was kept.",
                "Il n’y a plus de place pour ce fichier ; rien n’en a été gardé."),
        who.say("Ask whoever runs the service to make room on its disk, then send it again.",
                "Demandez à qui gère le service de libérer le disque, puis renvoyez-le."),
    )  # fmt: skip
