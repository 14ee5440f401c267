"""What goes back to ad platforms: the file each takes, hashed persons, windows, consent, changes."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import LeadscoreError, parse_recipe, tables_from_frames
from features.clock import DAY_US, to_us
from serving.conversions import (
    GRANTED,
    PLATFORMS,
    SentLog,
    candidates_of,
    files_of,
    logged,
    plan_upload,
    read_log,
)
from serving.conversions.people import hashed_email, hashed_phone
from serving.funnel import journeys_of

RECIPE = parse_recipe(
    """
[recipe]
horizon_days = 30
[tables]
leads = "leads.csv"
outcomes = "outcomes.csv"
[lead]
id = "lead_id"
created_at = "created_at"
opted_out = "opted_out"
[lead.fields]
email = { type = "email" }
phone = { type = "phone" }
[outcomes]
amount = "amount"
[outcomes.stages]
sql = "sql"
[split]
history_end = "2026-02-01"
"""
)
NOW = to_us(pd.Timestamp("2026-02-01T12:00", tz="UTC").to_pydatetime())
LEAD_ID = "123456789012345"
NAMES = {"sql": "Qualified", "customer": "Customer"}


def sha(text: str) -> str:
    """The hex SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def company(*, opted_out=(), amount=1500.0, won=True, click="gclid", consents=None, lead_id=LEAD_ID):
    """Three leads: one by click, one by address and number, one by nothing; all qualified, the first won."""
    leads = pd.DataFrame(
        {
            "lead_id": ["a", "b", "c"],
            "created_at": "2026-01-25T08:00:00Z",
            "email": ["Jo.Do@gmail.com", "Ann@Acme.example", "none"],
            "phone": [None, "06 12 34 56 78", None],
            "opted_out": ["yes" if one in opted_out else "no" for one in "abc"],
            click: [lead_id if click == "leadgen_id" else "click-1", None, None],
        }
    )
    if consents is not None:
        leads["ads ok"] = consents
    outcomes = pd.DataFrame(
        [("a", "sql", "2026-01-26T10:00:00Z", None), ("b", "sql", "2026-01-30T11:00:00Z", None)]
        + [("c", "sql", "2026-01-30T11:00:00Z", None)]
        + ([("a", "won", "2026-01-31T09:30:00Z", amount)] if won else []),
        columns=["lead_id", "stage", "occurred_at", "amount"],
    )
    return tables_from_frames(RECIPE, leads, None, outcomes)


def planned(platform, tables, log=None, *, consent=GRANTED, now=NOW, stages=("sql", "customer")):
    """Candidates, plan and files of one upload."""
    target = PLATFORMS[platform]
    found = candidates_of(
        RECIPE,
        tables,
        journeys_of(RECIPE, tables),
        target,
        stages,
        consent=consent,
        now_us=now,
        values={"sql": 120.0},
        region="FR",
    )
    plan = plan_upload(found, log or SentLog(platform=platform), target, now)
    files = files_of(target, plan.new, plan.adjustments, now_us=now, currency="EUR", names=NAMES)
    return found, plan, files


def test_google_gets_click_ids_and_hashed_persons_in_files_of_their_own():
    _, plan, files = planned("google", company())
    assert list(files) == ["google-20260201T120000-gclid.csv", "google-20260201T120000-hashed.csv"]
    order = {(one.stage, one.click_id): one.order_id for one in plan.new}
    click = ("gclid", "click-1")
    head = "Conversion Name,Conversion Time,Conversion Value,Conversion Currency"
    head += ",Order ID,Ad User Data,Ad Personalization"
    assert files["google-20260201T120000-gclid.csv"].splitlines() == [
        "Parameters:TimeZone=+0000",
        f"Google Click ID,{head}",
        f"click-1,Qualified,2026-01-26 10:00:00,120.00,EUR,{order['sql', click]},Granted,Granted",
        f"click-1,Customer,2026-01-31 09:30:00,1500.00,EUR,{order['customer', click]},Granted,Granted",
    ]
    assert files["google-20260201T120000-hashed.csv"].splitlines() == [
        "Parameters:TimeZone=+0000",
        f"Email,Phone Number,{head}",
        f"{sha('ann@acme.example')},{sha('+33612345678')},Qualified,2026-01-30 11:00:00,120.00,EUR,"
        f"{order['sql', None]},Granted,Granted",
    ]


def test_microsoft_gets_its_own_column_and_nothing_that_it_does_not_know():
    _, _, files = planned("microsoft", company(click="MSCLKID"))
    lines = files["microsoft-20260201T120000-msclkid.csv"].splitlines()
    assert lines[:3] == [
        "Parameters:TimeZone=+0000",
        "Microsoft Click ID,Conversion Name,Conversion Time,Conversion Value,Conversion Currency",
        "click-1,Qualified,2026-01-26 10:00:00,120.00,EUR",
    ]


def test_meta_gets_seconds_and_the_lead_id_as_it_is_and_only_the_last_week():
    _, _, files = planned("meta", company(click="leadgen_id"))
    events = json.loads(files["meta-20260201T120000-1.json"])["data"]
    won = next(event for event in events if event["event_name"] == "Customer")
    assert won["event_time"] == to_us(pd.Timestamp("2026-01-31T09:30", tz="UTC").to_pydatetime()) // 1_000_000
    assert won["action_source"] == "system_generated"
    assert won["custom_data"] == {
        "event_source": "crm", "lead_event_source": "leadscore", "value": 1500.0, "currency": "EUR",
    }  # fmt: skip
    assert won["user_data"]["lead_id"] == int(LEAD_ID)
    assert won["user_data"]["em"] == [sha("jo.do@gmail.com")]
    later = planned("meta", company(click="leadgen_id"), now=NOW + 7 * DAY_US)
    assert later[1].new == ()
    assert ("reached longer than 7 days ago", 3) in later[0].left_out


def test_linkedin_gets_milliseconds_amounts_as_text_and_batches():
    _, _, files = planned("linkedin", company(click="li_fat_id"))
    events = json.loads(files["linkedin-20260201T120000-1.json"])["elements"]
    won = next(event for event in events if event["conversion"].endswith("Customer"))
    assert (
        won["conversionHappenedAt"]
        == to_us(pd.Timestamp("2026-01-31T09:30", tz="UTC").to_pydatetime()) // 1_000
    )
    assert won["conversionValue"] == {"currencyCode": "EUR", "amount": "1500.00"}
    assert {one["idType"] for one in won["user"]["userIds"]} == {
        "SHA256_EMAIL", "LINKEDIN_FIRST_PARTY_ADS_TRACKING_UUID",
    }  # fmt: skip


GOLDEN = Path(__file__).parent / "golden_conversions"


@pytest.mark.parametrize("platform", PLATFORMS)
def test_upload_files_are_the_golden_ones_also_after_a_change(platform):
    click = PLATFORMS[platform].click_ids[0]
    _, plan, files = planned(platform, company(click=click))
    log = logged(SentLog(platform=platform), plan)
    files |= planned(platform, company(amount=900.0, opted_out="b", click=click), log)[2]
    assert files == {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.glob(f"{platform}-*")}


@pytest.mark.parametrize(
    ("cell", "known"),
    [("123456789012345", True), ("l:12345678901234567", True), ("12345678901234", False), ("x" * 15, False)],
)
def test_a_lead_id_that_meta_would_refuse_is_no_lead_id(cell, known):
    tables = company(click="leadgen_id", lead_id=cell)
    won = next(one for one in planned("meta", tables)[1].new if one.stage == "customer")
    assert (won.click_id is not None) is known
    assert won.email is not None


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_address_number_or_lead_id_is_written_in_the_clear(platform):
    tables = company(click=PLATFORMS[platform].click_ids[0])
    _, plan, files = planned(platform, tables)
    written = " ".join(files.values()) + logged(SentLog(platform=platform), plan).model_dump_json()
    for personal in ("Jo.Do", "gmail", "Ann", "acme", "612345678", "06 12"):
        assert personal.lower() not in written.lower()


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_second_upload_holds_nothing_that_the_first_held(platform):
    tables = company(click=PLATFORMS[platform].click_ids[0])
    _, plan, files = planned(platform, tables)
    assert files
    log = logged(SentLog(platform=platform), plan)
    _, again, none = planned(platform, tables, log)
    assert (again.new, again.adjustments, none) == ((), (), {})
    assert again.known == len(plan.new)


def test_who_opted_out_or_does_not_consent_is_never_written():
    _, plan, files = planned("google", company(opted_out="ab"))
    assert files == {}
    found, plan, _ = planned("google", company(consents=["oui", "", "non"]), consent="ads ok")
    assert {one.click_id for one in plan.new} == {("gclid", "click-1")}
    assert dict(found.left_out)["without consent, or opted out"] == 2
    with pytest.raises(LeadscoreError, match="no column 'consent'"):
        planned("google", company(), consent="consent")


def test_a_withdrawn_consent_a_new_amount_and_an_undone_win_are_sent_as_changes():
    _, plan, _ = planned("google", company())
    log = logged(SentLog(platform="google"), plan)
    won = next(one.order_id for one in plan.new if one.stage == "customer")
    cases = {
        "consent withdrawn after the upload": (company(opted_out="a"), "RETRACT", None),
        "another amount": (company(amount=900.0), "RESTATE", 900.0),
        "the stage does not stand any more": (company(won=False), "RETRACT", None),
    }
    for why, (tables, kind, value) in cases.items():
        _, changed, files = planned("google", tables, log)
        change = next(one for one in changed.adjustments if one.order_id == won)
        assert (change.kind, change.value, change.why) == (kind, value, why)
        assert f"{won},Customer,2026-02-01 12:00:00,{kind}" in files["google-20260201T120000-adjustments.csv"]
        after = logged(log, changed)
        assert planned("google", tables, after)[1].adjustments == ()
    _, late, files = planned("google", company(amount=900.0), log, now=NOW + 55 * DAY_US)
    assert [one.why for one in late.too_late] == ["another amount"]
    assert files == {}


def test_a_conversion_outside_the_window_is_counted_and_left_out():
    found, plan, _ = planned("google", company(), now=NOW + 100 * DAY_US)
    assert plan.new == ()
    assert ("reached longer than 90 days ago", 3) in found.left_out


def test_leads_that_no_platform_could_know_are_refused_with_what_to_export():
    recipe = parse_recipe(
        '[tables]\nleads = "l.csv"\n[lead]\nid = "lead_id"\n[lead.fields]\nsize = {type="number"}'
    )
    tables = tables_from_frames(recipe, pd.DataFrame({"lead_id": ["a"], "size": ["3"]}))
    with pytest.raises(LeadscoreError, match="gclid"):
        candidates_of(
            recipe,
            tables,
            journeys_of(recipe, tables),
            PLATFORMS["google"],
            ["customer"],
            consent=GRANTED,
            now_us=NOW,
            values={},
        )


def test_a_log_of_another_platform_or_a_broken_one_is_refused(tmp_path):
    path = tmp_path / "sent.json"
    path.write_text(SentLog(platform="meta").model_dump_json(), encoding="utf-8")
    assert read_log(path, PLATFORMS["meta"]).sent == {}
    for content in (path.read_text(encoding="utf-8"), "{", "[]"):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(LeadscoreError, match=r"sent\.json"):
            read_log(path, PLATFORMS["google"])


@pytest.mark.parametrize(
    ("platform", "text", "normal"),
    [
        ("google", " Jo.Do@GMAIL.com ", "jodo@gmail.com"),
        ("google", "jo.do@acme.example", "jo.do@acme.example"),
        ("microsoft", "Jo.Do+news@acme.example", "jodo@acme.example"),
        ("meta", "Jo.Do@gmail.com", "jo.do@gmail.com"),
    ],
)
def test_addresses_are_hashed_as_each_platform_says(platform, text, normal):
    assert hashed_email(text, platform) == sha(normal)


@pytest.mark.parametrize(
    ("text", "region", "expected"),
    [
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("+44 20 7946 0958", None, "+442079460958"),
        ("0612345678", None, None),
    ],
)
def test_numbers_are_hashed_in_e164(text, region, expected):
    assert hashed_phone(text, region, "google") == (expected and sha(expected))
    assert hashed_phone(text, region, "meta") == (expected and sha(expected[1:]))


@given(st.text(max_size=40), st.sampled_from(sorted(PLATFORMS)))
def test_any_text_is_a_hash_or_nothing(text, platform):
    for found in (hashed_email(text, platform), hashed_phone(text, "FR", platform)):
        assert found is None or len(found) == 64
