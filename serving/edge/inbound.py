"""/v1/in/{vendor}: what CRMs, lead forms, calendars and telephones send, proven by their own means.

It is in no API document: what is sent is for each vendor to say, and not for a client to be made of.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from features.errors import LeadscoreError
from serving.api.desk import Desk, desk_of
from serving.api.webhooks import SPOOLED, rows_spooled
from serving.aside import InboundSpool
from serving.aside.spool import Spooled
from serving.crm import Receiver, Reply, answered, senders_from
from serving.ledger.gone import ERASED
from serving.ledger.sent import Sent

_COMMIT_SECONDS = 60.0


async def inbound(request: Request) -> Response:
    """Accepted, committed, answered; by the senders of the service's start and the champion's recipe."""
    desk = desk_of(request)
    receiver = receiver_of(desk)
    _, writer = desk.kept()
    return await answered(receiver, writer, request, desk.spool)


def open_to_senders(desk: Desk) -> None:
    """Let those send whom the environment names; the addresses of all leads are read meanwhile.

    Raises:
        LeadscoreError: the file of senders is wrong.
    """
    desk.senders = senders_from()
    if desk.senders and desk.ledger is not None:
        threading.Thread(target=_warm, args=(receiver_of(desk),), name="leadscore-in", daemon=True).start()


def open_spool(desk: Desk) -> InboundSpool | None:
    """Let what is signed wait on the disk while the ledger is down, where the environment names a spool.

    Raises:
        LeadscoreError: as `InboundSpool.from_environment`.
    """
    if desk.ledger is None or (spool := InboundSpool.from_environment()) is None:
        return None
    desk.spool = spool
    spool.start(partial(deliver, desk))
    return spool


class UndeliveredError(Exception):
    """Not all of a body that waited is in the ledger: it has been acknowledged, so it must not be lost."""


def deliver(desk: Desk, one: Spooled) -> None:
    """Commit what waited to the ledger, read by the recipe that answers now.

    Raises:
        LeadscoreError, TimeoutError: the ledger is down, still.
        UndeliveredError: something of it cannot be read or is refused; the rest is committed.
    """
    rows: Sequence[Sent]
    if one.source == SPOOLED:
        rows, unread = rows_spooled(desk.opened.ladder.reader, one.content, one.received_us)
    else:
        receiver = receiver_of(desk)
        accepted = receiver.read(receiver.spooled(one.source, one.received_us, one.content))
        if isinstance(accepted, Reply):
            raise UndeliveredError
        rows, unread = accepted.read.rows, len(accepted.read.problems)
    _, writer = desk.kept()
    receipt = writer.submit(rows).result(_COMMIT_SECONDS)
    erased = receipt.problems.count(ERASED)  # nothing of who was erased for good is kept, here neither
    lost = unread + receipt.count("refused") + receipt.count("conflict") - erased
    if lost:
        print(f"leadscore: {one.source}: {lost} problems in number {one.seq} of the spool", flush=True)
        raise UndeliveredError


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
