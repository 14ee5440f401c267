"""What a vendor asks before it sends anything: that the address is ours, and that we hold the secret."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from serving.crm.incoming import Incoming, Reply, reply_json, reply_problem
from serving.crm.signatures import hmac_hex


def meta_subscription(tokens: Sequence[str], incoming: Incoming) -> Reply:
    """`hub.challenge` comes back where `hub.verify_token` is one of `tokens`."""
    asked = incoming.query
    given = asked.get("hub.verify_token", "").encode("utf-8", "surrogatepass")
    same = [hmac.compare_digest(given, token.encode()) for token in tokens]
    if asked.get("hub.mode") != "subscribe" or not any(same):
        return reply_problem(
            403, "hub.verify_token", "is not the one that was agreed",
            "Enter the same verify token in Meta's app and here.",
        )  # fmt: skip
    return Reply(200, asked.get("hub.challenge", ""), "text/plain")


def linkedin_challenge(secrets: Sequence[str], incoming: Incoming) -> Reply:
    """The code and its HMAC-SHA-256 under the client secret, within 3 seconds.

    The first secret answers: while it is replaced, put the one that LinkedIn knows first.
    """
    code = incoming.query.get("challengeCode", "")
    if not code:
        return reply_problem(400, "challengeCode", "is absent", "LinkedIn sends it; others have no need to.")
    answer = hmac_hex(secrets[0], code.encode("utf-8", "surrogatepass"))
    return reply_json({"challengeCode": code, "challengeResponse": answer})
