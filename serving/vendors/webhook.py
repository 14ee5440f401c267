"""Any system that takes a POST: a JSON list of scores with a signature, the same id when it is sent again."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from features.errors import LeadscoreError
from serving.vendors.adapter import (
    Ask,
    Call,
    CrmAnswer,
    CrmField,
    Fate,
    Outgoing,
    Reply,
    Right,
)
from serving.vendors.answers import found, seconds_of
from serving.vendors.faults import of_status, single, whole
from serving.vendors.mapping import PushMapping
from serving.vendors.values import rendered

SECRET = "LEADSCORE_WEBHOOK_SECRET"
_MARK = "whsec_"


@dataclass(frozen=True)
class ToWebhook:
    """A receiver as `mapping` has it; LEADSCORE_WEBHOOK_SECRET signs requests (Standard Webhooks)."""

    mapping: PushMapping
    secret: bytes | None = field(default_factory=lambda: _secret(os.environ.get(SECRET, "")), repr=False)

    def call(self, records: Sequence[Outgoing]) -> Call:
        """One list; `webhook-id` is a digest of it, so that a receiver knows what it was sent before."""
        scores = [{"lead_id": record.lead_id, **rendered(record.values, self.mapping)} for record in records]
        body = json.dumps({"scores": scores}, ensure_ascii=False, separators=(",", ":")).encode()
        tries = ",".join(str(record.tries) for record in records)  # what was refused is another message
        name = f"msg_{hashlib.sha256(tries.encode() + body).hexdigest()[:32]}"
        moment = str(int(time.time()))
        headers = {"Content-Type": "application/json", "webhook-id": name, "webhook-timestamp": moment}
        if self.secret is not None:
            signed = hmac.digest(self.secret, f"{name}.{moment}.".encode() + body, "sha256")
            headers["webhook-signature"] = f"v1,{base64.b64encode(signed).decode()}"
        split = urlsplit(self.mapping.url)
        path = (split.path or "/") + (f"?{split.query}" if split.query else "")
        return Call("POST", f"{split.scheme}://{split.netloc}{path}", body, headers)

    def reply(self, records: Sequence[Outgoing], answer: CrmAnswer) -> Reply:
        """2xx takes all but those that `refused` names, each with a `lead_id` and perhaps a `problem`."""
        if 200 <= answer.status < 300:
            refused = {
                str(one.get("lead_id"))
                for one in found(answer.body, "refused") or []
                if isinstance(one, dict)
            }
            told = single(self.mapping, "refused")
            return [told if record.lead_id in refused else Fate() for record in records]
        return whole(self.mapping, of_status(answer.status), str(answer.status), "", seconds_of(answer))

    def left(self, answer: CrmAnswer) -> tuple[int, int] | None:
        """A receiver has no pool that is known."""
        return None

    def account(self, ask: Ask) -> str:
        """A receiver has no account."""
        return ""

    def rights(self, ask: Ask, creates: bool) -> list[Right]:
        """None that could be asked for."""
        return []

    def properties(self, ask: Ask) -> dict[str, CrmField]:
        """The keys of a score in the list."""
        known = self.mapping.profile
        names = {told.name: name for name, told in known.properties.items()}
        names |= {key: name for name, key in self.mapping.properties.items()}
        return {key: CrmField(key, known.property_of(name).type) for key, name in names.items()}

    def create(self, ask: Ask, name: str) -> str:
        """Nothing is to be created."""
        return name


def _secret(text: str) -> bytes | None:
    """The key of `whsec_…`: base64, 24 to 64 bytes, as Standard Webhooks want it."""
    if not text:
        return None
    try:
        key = base64.b64decode(text.removeprefix(_MARK), validate=True)
    except binascii.Error:
        key = b""
    if not 24 <= len(key) <= 64:
        raise LeadscoreError(
            f"{SECRET} is no secret of Standard Webhooks: 'whsec_' and 24 to 64 bytes in base64.",
            "Make one: python -c \"import base64, secrets; print('whsec_' + "
            'base64.b64encode(secrets.token_bytes(32)).decode())"',
        )
    return key
