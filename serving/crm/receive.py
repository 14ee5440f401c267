"""What a vendor sends, taken in: proven, read by its mapping, and answered after it is in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from features.errors import FieldProblem, LeadscoreError, listed
from features.recipe import Recipe
from serving.crm.addresses import Addresses
from serving.crm.handshakes import linkedin_challenge, meta_subscription
from serving.crm.incoming import Incoming, Reply, reply_json, reply_problem
from serving.crm.proofs import unproven
from serving.crm.rows import RowReader, RowsRead
from serving.crm.senders import SECRET_VARIABLE, Sender
from serving.crm.soap import is_soap, soap_records
from serving.ledger.intake import Receipt
from serving.ledger.store import Ledger

MOST_BYTES = 5_000_000
"""Of one body: a thousand items of five kilobytes."""
_AGAIN_SECONDS = 5
_NO_JSON = reply_problem(400, "body", "is not JSON", "Send it as the vendor's documentation says.")
"""Also of XML that is no outbound message."""


@dataclass(frozen=True)
class Proven:
    """A body that can be read and was sent by whom it says; its rows are not read yet."""

    sender: Sender
    content: Any = field(repr=False)
    received_us: int


@dataclass(frozen=True)
class Accepted:
    """A body that is proven and read: its rows are to be committed, then it is answered."""

    sender: Sender
    read: RowsRead = field(repr=False)


class Receiver:
    """Takes in what `senders` send, for `recipe`, into `ledger`.

    `accept` proves and reads, and tells what to commit; `answer` says what became of it. Between the two
    stands the commit, which is the caller's: how long it waits for it is `patience_seconds` of the mapping.
    `before` is the receiver of an earlier recipe, whose reading of all addresses is used again.
    """

    def __init__(
        self,
        senders: Mapping[str, Sender],
        recipe: Recipe,
        ledger: Ledger,
        before: Receiver | None = None,
    ) -> None:
        self.senders, self.recipe = dict(senders), recipe
        self._addresses: Addresses
        kept = before is not None and before._addresses.serve(recipe)
        self._addresses = before._addresses if before is not None and kept else Addresses(ledger, recipe)
        self._readers = {
            name: RowReader(name, one.mapping, recipe, self._addresses, one.accounts, one.own_users)
            for name, one in self.senders.items()
        }

    def warm(self) -> None:
        """Read the addresses of all leads now, so that the first sender does not wait for it."""
        self._addresses.refresh()

    def accept(self, vendor: str, incoming: Incoming) -> Accepted | Reply:
        """What is to be committed of `incoming`, or the answer where nothing is: `proven`, then `read`.

        Raises:
            LeadscoreError: the ledger has to be asked whose a record is, and cannot be reached.
        """
        found = self.proven(vendor, incoming)
        return found if isinstance(found, Reply) else self.read(found)

    def proven(self, vendor: str, incoming: Incoming) -> Proven | Reply:
        """What `incoming` holds, or the answer where it is not taken in; the ledger is not asked.

        401 where the sender is not proven, 400 where the body is no JSON, 404 for a vendor that has no secret
        here, 405 and 413 as usual; HubSpot and its like never repeat what was answered by these.
        """
        sender = self.senders.get(vendor)
        if sender is None:
            remedy = f"Set {SECRET_VARIABLE}VENDOR, or name it in the file of senders; then start again."
            return reply_problem(404, "path", "no such sender is agreed", remedy)
        incoming = _as_called(sender, incoming)
        if incoming.method == "GET" and sender.mapping.proof.kind == "meta":
            return meta_subscription(sender.verify_tokens, incoming)
        if incoming.method == "GET" and sender.mapping.proof.kind == "linkedin":
            return linkedin_challenge(sender.secrets, incoming)
        if incoming.method != "POST":
            return reply_problem(405, "method", "is not one of this path", "Use POST.", {"Allow": "POST"})
        if len(incoming.body) > MOST_BYTES:
            return reply_problem(413, "body", f"has more than {MOST_BYTES} bytes", "Send smaller batches.")
        proof = sender.mapping.proof
        if (wrong := unproven(proof.kind, proof.place, sender.secrets, incoming)) is not None:
            remedy = "Check the secret on both sides, the public URL, and the clocks."
            return reply_problem(401, "signature", f"the request {wrong}", remedy)
        try:
            content = _content(sender, incoming)
        except (ValueError, RecursionError):
            return _NO_JSON
        return Proven(sender, content, incoming.received_us)

    def read(self, proven: Proven) -> Accepted | Reply:
        """The rows of a body, or the answer where it is nested too deeply.

        Raises:
            LeadscoreError: as `accept`.
        """
        reader = self._readers[proven.sender.vendor]
        try:
            return Accepted(proven.sender, reader.read(proven.content, proven.received_us))
        except (ValueError, RecursionError):
            return _NO_JSON

    def spooled(self, vendor: str, received_us: int, body: bytes) -> Proven:
        """A body that was proven when it came, and kept until the ledger is back."""
        return Proven(self.senders[vendor], json.loads(body), received_us)

    def answer(self, accepted: Accepted, receipt: Receipt) -> Reply:
        """What became of the items: counts and problems, by place and name, never a value."""
        read, counts = accepted.read, accepted.read.counts
        refused = [problem for problem in receipt.problems if problem is not None]
        problems = [*read.problems, *dict.fromkeys(refused)]
        said: dict[str, Any] = {
            "items": counts["items"],
            "stored": receipt.count("stored"),
            "known": receipt.count("known"),
            "refused": len(refused),
            "unread": counts["unread"],
            "ignored": counts["other"] + counts["echo"] + counts["test"],
            "problems": [_said(problem) for problem in listed(problems)],
        }
        nothing = counts["items"] > 0 and counts["unread"] == counts["items"]
        return reply_json(said, accepted.sender.mapping.refusal if nothing else 200)

    def failed(self, error: LeadscoreError | TimeoutError) -> Reply:
        """The answer where it could not be committed in time: the vendor sends it again, and it is one."""
        words = error.problem if isinstance(error, LeadscoreError) else "the ledger is slow at the moment."
        again = {"Retry-After": str(_AGAIN_SECONDS)}
        return reply_problem(503, "ledger", words.rstrip("."), "Send the same again.", again)


def _content(sender: Sender, incoming: Incoming) -> Any:
    """What a body holds.

    Raises:
        ValueError, RecursionError: it is neither JSON nor, where the sender may send it, SOAP.
    """
    if sender.mapping.soap and is_soap(incoming):
        return soap_records(incoming.body)
    return json.loads(incoming.body, parse_constant=_no_number)


def _as_called(sender: Sender, incoming: Incoming) -> Incoming:
    """With the URL that the vendor called: behind a proxy it is the public one that is configured."""
    if sender.public_url is None:
        return incoming
    parts = urlsplit(incoming.url)
    url = sender.public_url + parts.path + (f"?{parts.query}" if parts.query else "")
    return Incoming(incoming.method, url, incoming.headers, incoming.body, incoming.received_us)


def _no_number(_: str) -> None:
    raise ValueError  # NaN and infinities are no JSON


def _said(problem: FieldProblem) -> dict[str, str]:
    return {"field": problem.field, "problem": problem.problem, "remedy": problem.remedy}
