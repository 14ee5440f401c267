"""The line to a CRM: HTTP with the token of the environment, which is written nowhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import httpx

from features.errors import LeadscoreError
from serving.vendors.adapter import Call, CrmAnswer
from serving.vendors.mapping import PushMapping
from serving.vendors.profile import Secrets
from serving.vendors.web import SECONDS, answer_read, json_of, vendor_client


@dataclass(frozen=True)
class NoAnswer(Exception):
    """No answer came; `sent`: the request may have arrived, and been carried out."""

    sent: bool
    words: str


def asked_over(
    client: httpx.Client, method: str, path: str, content: Any, headers: Mapping[str, str]
) -> CrmAnswer:
    """The answer to a request over `client`; `content` is JSON, or bytes as they are.

    Raises:
        NoAnswer: none came.
    """
    body: dict[str, Any] = {"content" if isinstance(content, bytes) else "json": content}
    try:
        return answer_read(client.request(method, path, headers=headers, **body))
    except (httpx.ConnectError, httpx.ConnectTimeout) as error:
        raise NoAnswer(False, f"it cannot be reached ({type(error).__name__})") from None
    except httpx.HTTPError as error:
        raise NoAnswer(True, f"no answer came ({type(error).__name__})") from None


def granted_token(
    client: httpx.Client, url: str, form: Mapping[str, str], title: str, given: str, check: tuple[str, str]
) -> str:
    """The access token that `url` gives for `form`, whose secrets travel in the body, never in the address.

    `given` says for what it is given; `check` what to look at where nobody answers, and where none is given.

    Raises:
        LeadscoreError: nobody answers, or none is given.
    """
    try:
        reply = client.post(url, data=dict(form))
    except httpx.HTTPError as error:
        words = f"{title}: the place that gives tokens cannot be reached ({type(error).__name__})."
        raise LeadscoreError(words, check[0]) from None
    body = json_of(reply)
    token = body.get("access_token") if isinstance(body, dict) else None
    if not isinstance(token, str) or not token:
        words = f"{title}: no token is given for {given} (HTTP {reply.status_code})."
        raise LeadscoreError(words, check[1])
    return token


class CrmLine:
    """Sends calls to the CRM of `mapping`. Use it in a `with` block.

    Raises:
        LeadscoreError: the environment holds no token, or the CRM gives none for the id and the secret.
    """

    def __init__(
        self, mapping: PushMapping, environment: Mapping[str, str] | None = None, seconds: float = SECONDS
    ) -> None:
        self.mapping, self.profile = mapping, mapping.profile
        self._environment = os.environ if environment is None else environment
        self._client = vendor_client(mapping.url, seconds)
        try:
            self._token = self._found_token()
        except BaseException:
            self._client.close()
            raise

    def __call__(self, call: Call) -> CrmAnswer:
        """The answer to `call`.

        Raises:
            NoAnswer: none came.
        """
        secrets, headers = self.profile.secrets, dict(call.headers)
        if self._token:
            headers[secrets.header] = secrets.scheme + self._token
        content = {**call.body, call.token_key: self._token} if call.token_key else call.body
        return asked_over(self._client, call.method, call.path, content, headers)

    def renew(self) -> bool:
        """Get a new token where an id and a secret are there to get one with; whether there is one."""
        if not self._by_secret():
            return False
        self._token = self._new_token()
        return True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> CrmLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _found_token(self) -> str:
        secrets = self.profile.secrets
        token = self._environment.get(secrets.token, "").strip()
        if token:
            return token
        if self._by_secret():
            return self._new_token()
        if secrets.optional:
            return ""
        both = f", or {secrets.client_id} and {secrets.client_secret}" if secrets.token_url else ""
        raise LeadscoreError(
            f"{self.profile.title}: the environment holds no token.",
            f"Set {secrets.token}{both}. {self.profile.where.get('token', '')}".strip(),
        )

    def _by_secret(self) -> bool:
        secrets = self.profile.secrets
        return bool(
            secrets.token_url
            and self._environment.get(secrets.client_id or "")
            and self._environment.get(secrets.client_secret or "")
        )

    def _new_token(self) -> str:
        """A token by OAuth 2 client credentials."""
        secrets = self.profile.secrets
        form = {"grant_type": "client_credentials"}
        form |= {"client_id": self._environment[secrets.client_id or ""]}
        form |= {"client_secret": self._environment[secrets.client_secret or ""]}
        form |= {"scope": secrets.scope.format(url=self.mapping.url.rstrip("/"))} if secrets.scope else {}
        url = _token_url(secrets, self.mapping, self._environment)
        check = ("Check url and network.", f"Check {secrets.client_id} and {secrets.client_secret}.")
        return granted_token(self._client, url, form, self.profile.title, "this id and secret", check)


def _token_url(secrets: Secrets, mapping: PushMapping, environment: Mapping[str, str]) -> str:
    """Where a token is had; LEADSCORE_TOKEN_URL stands for a directory of one's own."""
    given = environment.get("LEADSCORE_TOKEN_URL")
    return given or (secrets.token_url or "").format(url=mapping.url.rstrip("/"), tenant=mapping.tenant)
