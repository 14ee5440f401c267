"""How the answers of a Meta and a LinkedIn lead form are fetched.

Sources: Meta, "Retrieving leads" (GET /{leadgen_id}, leads_retrieval); LinkedIn, "Lead Sync"
(/rest/leadFormResponses, /rest/leadForms, r_marketing_leadgen_automation).
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from features.errors import LeadscoreError
from serving.pull.answers import AnswersSource
from serving.pull.web import ask
from serving.vendors import CrmAnswer

META = "https://graph.facebook.com/v24.0"
LINKEDIN = "https://api.linkedin.com"
LINKEDIN_VERSION = "202510"
_FIELDS = "created_time,id,ad_id,campaign_id,campaign_name,form_id,is_organic,platform,field_data"


def meta_answers(token: str, api: str = "") -> AnswersSource:
    """Meta's, with a page's access token."""

    def fetch(leadgen_id: str) -> dict[str, Any] | None:
        url = f"{api or META}/{quote(leadgen_id, safe='')}?fields={_FIELDS}"
        answer = ask("Meta", url, headers={"Authorization": f"Bearer {token}"})
        return _content("Meta", answer, "leads_retrieval for the page", gone=(404,))

    return AnswersSource("meta", fetch)


def linkedin_answers(token: str, api: str = "", version: str = LINKEDIN_VERSION) -> AnswersSource:
    """LinkedIn's; each form is asked once for what its questions mean."""
    forms: dict[str, dict[str, str]] = {}
    headers = {
        "Authorization": f"Bearer {token}",
        "Linkedin-Version": version,
        "X-Restli-Protocol-Version": "2.0.0",
    }

    def asked(path: str) -> dict[str, Any] | None:
        answer = ask("LinkedIn", f"{api or LINKEDIN}/rest/{path}", headers=headers)
        return _content("LinkedIn", answer, "r_marketing_leadgen_automation", gone=(404, 410))

    def meanings(urn: object) -> dict[str, str]:
        """What each question of a form asks for, by its id."""
        found = re.search(r"leadGenForm:(\d+)", str(urn))
        if found is None:
            return {}
        if found[1] not in forms:
            content = (asked(f"leadForms/{found[1]}") or {}).get("content") or {}
            forms[found[1]] = {
                str(one.get("questionId")): str(one["predefinedField"])
                for one in content.get("questions") or []
                if isinstance(one, dict) and one.get("predefinedField")
            }
        return forms[found[1]]

    def fetch(urn: str) -> dict[str, Any] | None:
        found = asked(f"leadFormResponses/{quote(urn.rpartition(':')[2], safe='')}")
        if found is None:
            return None
        means = meanings(found.get("versionedLeadGenFormUrn"))
        for one in (found.get("formResponse") or {}).get("answers") or []:
            if isinstance(one, dict) and str(one.get("questionId")) in means:
                one["predefinedField"] = means[str(one.get("questionId"))]
        return found | {"leadGenFormResponse": urn}

    return AnswersSource("linkedin", fetch)


def _content(vendor: str, answer: CrmAnswer, right: str, gone: tuple[int, ...]) -> dict[str, Any] | None:
    if answer.status in gone:
        return None
    if answer.status in (401, 403):
        raise LeadscoreError(
            f"{vendor}: the token may not read leads (status {answer.status}).", f"Renew it, with {right}."
        )
    if answer.status != 200 or not isinstance(answer.body, dict):
        raise LeadscoreError(f"{vendor}: answers with status {answer.status}.", "Pull again later.")
    if "error" in answer.body:  # a status 200 with an error inside
        raise LeadscoreError(f"{vendor}: answers with an error inside.", "Check the token and its rights.")
    return answer.body
