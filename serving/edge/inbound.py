"""/v1/in/{vendor}: what CRMs, lead forms, calendars and telephones send, proven by their own means.

It is in no API document: what is sent is for each vendor to say, and not for a client to be made of.
"""

from __future__ import annotations

import threading
from contextlib import suppress

from starlette.requests import Request
from starlette.responses import Response

from features.errors import LeadscoreError
from serving.api.desk import Desk, desk_of
from serving.crm import Receiver, answered, senders_from


async def inbound(request: Request) -> Response:
    """Accepted, committed, answered; by the senders of the service's start and the champion's recipe."""
    desk = desk_of(request)
    receiver = receiver_of(desk)
    _, writer = desk.kept()
    return await answered(receiver, writer, request)


def open_to_senders(desk: Desk) -> None:
    """Let those send whom the environment names; the addresses of all leads are read meanwhile.

    Raises:
        LeadscoreError: the file of senders is wrong.
    """
    desk.senders = senders_from()
    if desk.senders and desk.ledger is not None:
        threading.Thread(target=_warm, args=(receiver_of(desk),), name="leadscore-in", daemon=True).start()


def _warm(receiver: Receiver) -> None:
    with suppress(LeadscoreError):  # told to the first sender, who comes again
        receiver.warm()


def receiver_of(desk: Desk) -> Receiver:
    """What takes in for the recipe that answers now; made again when another one does.

    Raises:
        RefusedError: the service has no ledger.
    """
    ledger, _ = desk.kept()
    recipe = desk.opened.ladder.recipe
    found = desk.receiver
    if found is None or found.recipe is not recipe:
        found = desk.receiver = Receiver(desk.senders, recipe, ledger, found)
    return found
