"""What goes wrong with a CRM, in sentences for its administrator."""

from __future__ import annotations

from serving.vendors.adapter import Divide, Fate, Halt, Later, Renew, Reply, Trouble
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import FaultKind

_SENTENCES: dict[FaultKind, tuple[str, str]] = {
    "gone": ("the record is not in {title} any more.", "Nothing, if it was deleted or merged on purpose."),
    "type": ("{title} refuses a value{of}: the property is of another type.",
             "Give the property the type that docs/crm.md names, or map the value to another one."),
    "option": ("{title} refuses a value{of}: it is no option of the property any more.",
               "Add the option again: 'leadscore connect {vendor}' lists those that lack."),
    "unknown": ("{title} has no property{of} that the token may see.",
                "Create it ('leadscore connect {vendor}' says how), or take it out of the mapping file."),
    "locked": ("the record is locked or converted in {title}.", "Nothing: a closed record keeps its score."),
    "key": ("{title} does not read the {one}'s id as one of its records.",
            "Use {title}'s own record ids for {one}s, or name the property that holds yours."),
    "rights": ("{title} lets this token write {about} no more.", "Give it back the right to: {scopes}."),
    "token": ("{title} refuses the token: it has expired, or was revoked.", "Set a new one in {token}."),
    "daily": ("the day's calls to {title} are used up.", "The rest is sent on the next run after midnight."),
    "abuse": ("{title} blocks this token for asking too often.",
              "Wait an hour; lower the limits in the mapping file if others use the token too."),
    "limit": ("{title} asks for patience.", "Nothing: it is sent again."),
    "busy": ("the record was being written by somebody else in {title}.", "Nothing: it is sent again."),
    "address": ("{title} does not take this at the address in 'url'.",
                "Set it to the address of the API, such as {example}."),
    "silent": ("{title} did not say what became of the record.",
               "Nothing: it is sent again on the next run."),
    "failing": ("{title} failed.", "Nothing: it is sent again on the next run."),
    "large": ("the request is too large for {title}.", "Set a smaller 'batch' in the mapping file."),
    "refused": ("{title} refuses the record{of}.", "Look at the record and its property there."),
}  # fmt: skip
_HALTING = frozenset({"unknown", "rights", "daily", "abuse", "address"})
_WAITING = frozenset({"limit", "failing", "busy", "silent"})
_OWN = frozenset({"gone", "key", "locked", "large"})
"""Faults of one record that say nothing of the next."""
_FINAL = frozenset({"gone", "locked"})
_CODE = 40


def fault(mapping: PushMapping, kind: FaultKind, code: str = "", field: str = "") -> Trouble:
    """The sentence for `kind`; `code` is the vendor's name of the error, `field` the property it names.

    Both are shown only where they are plain names: a vendor's message may quote a value.
    """
    profile = mapping.profile
    problem, remedy = _SENTENCES[kind]
    named = f" of '{field}'" if field and field in mapping.properties.values() else ""
    words = {
        "title": profile.title, "vendor": mapping.vendor, "about": mapping.about, "of": named,
        "one": mapping.of.removesuffix("s"),
        "scopes": ", ".join(profile.scopes) or "write", "token": profile.secrets.token,
        "example": profile.url_example,
    }  # fmt: skip
    plain = shown_code(code)
    told = problem.format(**words)
    return Trouble(f"{told[:-1]} ({plain})." if plain else told, remedy.format(**words))


def shown_code(code: str) -> str:
    """A vendor's name of an error where it is a plain name, else ''."""
    return code if code.replace("_", "").replace(".", "").isalnum() and len(code) <= _CODE else ""


def whole(
    mapping: PushMapping, kind: FaultKind, code: str = "", field: str = "", seconds: float | None = None
) -> Reply:
    """What an error that stands for a whole request means for the run."""
    told = fault(mapping, kind, code, field)
    if kind == "token":
        return Renew(told)
    if kind in _HALTING:
        return Halt(told)
    if kind in _WAITING:
        return Later(told, seconds, failing=kind == "failing")
    option = field if kind == "option" else ""
    return Divide(told, alike=kind not in _OWN, option=option, final=kind in _FINAL)


def single(mapping: PushMapping, kind: FaultKind, code: str = "", field: str = "") -> Fate:
    """What an error of one record means for it."""
    told = fault(mapping, kind, code, field)
    return Fate(told, passing=kind in _WAITING, alike=kind not in _OWN, final=kind in _FINAL)


def of_status(status: int) -> FaultKind:
    """What an HTTP status says where the body says nothing that is known."""
    by_status: dict[int, FaultKind] = {
        401: "token", 403: "rights", 404: "address", 405: "address", 408: "failing", 413: "large",
        423: "busy", 425: "limit", 429: "limit",
    }  # fmt: skip
    if status in by_status:
        return by_status[status]
    if 300 <= status < 400:
        return "address"
    return "failing" if status >= 500 else "refused"
