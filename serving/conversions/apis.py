"""The platforms' conversion APIs as data: addresses, secrets of the environment, limits, changes they take.

Sources: Google, Data Manager API (events.ingest, limits, errors, conversion adjustments); Meta, Conversions
API ("Using the API"); LinkedIn, Conversions API (batch of conversionEvents); Microsoft Advertising, Campaign
Management v13 (ApplyOfflineConversions, ApplyOfflineConversionAdjustments).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType

from features import LeadscoreError
from serving.conversions.platforms import PlatformName
from serving.pull.forms import LINKEDIN, LINKEDIN_VERSION, META
from serving.push.line import asked_over, granted_token
from serving.vendors.adapter import Call, CrmAnswer
from serving.vendors.profile import RateWindow
from serving.vendors.web import SECONDS, vendor_client


@dataclass(frozen=True)
class TokenGrant:
    """Where a refresh token gives an access token (RFC 6749, section 6), and the variables that hold it."""

    url: str
    client_id: str
    client_secret: str
    refresh_token: str


@dataclass(frozen=True)
class PlatformApi:
    """One API; names in capitals are variables of the environment, `{account}` stands for what one holds.

    `takes` are the changes of a sent conversion that it carries out.
    """

    title: str
    url: str
    address: str
    """Names another address of the API, such as a sandbox."""
    path: str
    token: str
    right: str
    needs: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    limits: tuple[RateWindow, ...] = ()
    grant: TokenGrant | None = None
    by_number: bool = False
    """Conversions have numbers there, by which requests name them."""
    change_path: str = ""
    takes: frozenset[str] = frozenset()


_MICROSOFT = "/CampaignManagement/v13"
APIS: dict[PlatformName, PlatformApi] = {
    "google": PlatformApi(
        "Google Data Manager", "https://datamanager.googleapis.com", "LEADSCORE_GOOGLE_ADS_API",
        "/v1/events:ingest", "GOOGLE_ADS_ACCESS_TOKEN", "the scope auth/datamanager",
        needs={"account": "GOOGLE_ADS_CUSTOMER_ID"},
        limits=(RateWindow(calls=300, seconds=60),),
        grant=TokenGrant(
            "https://oauth2.googleapis.com/token",
            "GOOGLE_ADS_CLIENT_ID", "GOOGLE_ADS_CLIENT_SECRET", "GOOGLE_ADS_REFRESH_TOKEN",
        ),
        by_number=True, takes=frozenset({"RESTATE"}),
    ),
    "meta": PlatformApi(
        "Meta Conversions API", META, "LEADSCORE_META_API",
        "/{account}/events", "META_CONVERSIONS_TOKEN", "access to the dataset",
        needs={"account": "META_DATASET_ID"},
    ),
    "linkedin": PlatformApi(
        "LinkedIn Conversions API", LINKEDIN, "LEADSCORE_LINKEDIN_API",
        "/rest/conversionEvents", "LINKEDIN_CONVERSIONS_TOKEN", "the scope rw_conversions",
        headers={
            "Linkedin-Version": LINKEDIN_VERSION, "X-Restli-Protocol-Version": "2.0.0",
            "X-RestLi-Method": "BATCH_CREATE",
        },
        limits=(RateWindow(calls=300, seconds=60),), by_number=True,
    ),
    "microsoft": PlatformApi(
        "Microsoft Advertising", "https://campaign.api.bingads.microsoft.com", "LEADSCORE_MICROSOFT_ADS_API",
        f"{_MICROSOFT}/OfflineConversions/Apply", "MICROSOFT_ADS_ACCESS_TOKEN", "the scope msads.manage",
        needs={
            "account": "MICROSOFT_ADS_ACCOUNT_ID", "customer": "MICROSOFT_ADS_CUSTOMER_ID",
            "developer": "MICROSOFT_ADS_DEVELOPER_TOKEN",
        },
        headers={
            "CustomerAccountId": "{account}", "CustomerId": "{customer}", "DeveloperToken": "{developer}",
        },
        grant=TokenGrant(
            "https://login.microsoftonline.com/common/oauth2/v2.0/token",
            "MICROSOFT_ADS_CLIENT_ID", "MICROSOFT_ADS_CLIENT_SECRET", "MICROSOFT_ADS_REFRESH_TOKEN",
        ),
        change_path=f"{_MICROSOFT}/OfflineConversionAdjustments/Apply",
        takes=frozenset({"RESTATE", "RETRACT"}),
    ),
}  # fmt: skip


class PlatformLine:
    """Sends calls to a platform's API with the secrets of the environment. Use it in a `with` block.

    Raises:
        LeadscoreError: a variable is not set, or no token is given for what is.
    """

    def __init__(
        self, api: PlatformApi, environment: Mapping[str, str] | None = None, seconds: float = SECONDS
    ) -> None:
        self.api, self._environment = api, os.environ if environment is None else environment
        lacking = [name for name in api.needs.values() if not self._held(name)]
        if lacking:
            raise LeadscoreError(
                f"{api.title}: {', '.join(lacking)} not set.",
                "Set it in the environment; docs/funnel.md says.",
            )
        self.settings = {key: self._held(name) for key, name in api.needs.items()}
        self._client = vendor_client(self._held(api.address).rstrip("/") or api.url, seconds)
        try:
            self._token = self._held(api.token) or self._granted()
        except BaseException:
            self._client.close()
            raise

    def __call__(self, call: Call) -> CrmAnswer:
        """The answer to `call`.

        Raises:
            NoAnswer: none came.
        """
        headers = {name: text.format(**self.settings) for name, text in self.api.headers.items()}
        headers["Authorization"] = f"Bearer {self._token}"
        return asked_over(self._client, call.method, call.path, call.body, headers)

    def renew(self) -> bool:
        """Get a new token where a refresh token is there to get one with; whether there is one."""
        if not self._renewable():
            return False
        self._token = self._granted()
        return True

    def __enter__(self) -> PlatformLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def _held(self, name: str) -> str:
        return self._environment.get(name, "").strip()

    def _renewable(self) -> bool:
        grant = self.api.grant
        return grant is not None and bool(self._held(grant.client_id) and self._held(grant.refresh_token))

    def _granted(self) -> str:
        """An access token for the refresh token."""
        api, grant = self.api, self.api.grant
        if grant is None or not self._renewable():
            also = f", or {grant.client_id}, {grant.client_secret} and {grant.refresh_token}" if grant else ""
            words = f"Set {api.token}{also}; it needs {api.right}."
            raise LeadscoreError(f"{api.title}: the environment holds no token.", words)
        form = {"grant_type": "refresh_token"} | {
            key: self._held(name)
            for key, name in (
                ("client_id", grant.client_id), ("client_secret", grant.client_secret),
                ("refresh_token", grant.refresh_token),
            ) if self._held(name)
        }  # fmt: skip
        url = self._held("LEADSCORE_TOKEN_URL") or grant.url
        secrets = f"{grant.client_id}, {grant.client_secret} and {grant.refresh_token}"
        check = ("Check the network.", f"Check {secrets}.")
        return granted_token(self._client, url, form, api.title, "this refresh token", check)
