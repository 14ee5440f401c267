"""Conversions by API: each counted once whatever fails, what is faulty refused alone, changes carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features import LeadscoreError
from serving.conversions import (
    APIS,
    PLATFORMS,
    ConversionRun,
    PlatformLine,
    SentLog,
    kept_log,
    plan_upload,
    to_send,
)
from serving.conversions.candidates import Candidates, Conversion
from serving.ledger import Ledger
from tests.vendors.ads import AD_SERVERS, ADDRESS, ENVIRONMENT
from tests.vendors.clock import NOON, TurnedClock
from tests.vendors.server import Faults, Reply

DAY = 86_400_000_000
NAMES = {"sql": "11", "customer": "22"}
CLICK = {"google": "gclid", "meta": "leadgen_id", "linkedin": "li_fat_id", "microsoft": "msclkid"}


def conversions(platform, count, value=100.0):
    """Customers by click id, and one by its hashed address."""
    found = [
        Conversion(f"o{n}", "customer", NOON - DAY - n, value, (CLICK[platform], str(10**15 + n)), None, None)
        for n in range(count)
    ]
    return [*found, Conversion("hashed", "sql", NOON - DAY, float("nan"), None, "e" * 64, None)]


def candidates(found, withdrawn=()):
    return Candidates(
        tuple(one for one in found if one.order_id not in withdrawn), frozenset(withdrawn),
        {one.order_id: one.value for one in found},
        {one.order_id: one.click_id[1] for one in found if one.click_id}, (),
    )  # fmt: skip


def run(server, ledger, platform, sendable, *, kept=None, environment=None):
    """One run of what is due, planned on `kept`; its tally, and what the API is not told."""
    kept = kept or kept_log(ledger, platform)
    plan = plan_upload(sendable, kept, PLATFORMS[platform], server.clock.now_us())
    items, left = to_send(platform, plan, sendable, currency="EUR", names=NAMES)
    told = ENVIRONMENT[platform] | {ADDRESS[platform]: server.url} | (environment or {})
    with PlatformLine(APIS[platform], told) as line:
        return ConversionRun(ledger, platform, line, NAMES, clock=server.clock).run(items, kept), left


@pytest.fixture
def ledger(tmp_path):
    return Ledger.made(tmp_path / "ledger.sqlite")


@pytest.fixture(autouse=True)
def batches_of_ten(monkeypatch):
    """Limits of a request that a test reaches."""
    for name, platform in PLATFORMS.items():
        monkeypatch.setitem(PLATFORMS, name, replace(platform, batch=10))


@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_is_counted_once_whatever_fails_and_a_later_run_sends_nothing(platform, ledger):
    found = candidates(conversions(platform, 33))
    expected = 33 if platform == "microsoft" else 34
    for seed in range(3):
        clock = TurnedClock()
        with AD_SERVERS[platform](clock, Faults(seed, share=0.5)) as server:
            fresh = Ledger.made(ledger.path.with_name(f"{seed}.sqlite"))
            for _ in range(20):
                tally, left = run(server, fresh, platform, found)
                clock.sleep(400)
                if not tally.left:
                    break
            assert len(server.counted) == expected, f"{seed}: {tally}"
            assert left.total() == 34 - expected
            assert (server.impatient, server.over_limit) == (0, 0)
            before = len(server.requests)
            assert run(server, fresh, platform, found)[0].sent == 0
            assert len(server.requests) == before
            if platform in ("meta", "linkedin", "microsoft"):
                assert len(server.arrived) == expected


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_faulty_one_is_refused_alone_named_and_tried_on_the_next_run(platform, ledger):
    found = candidates(conversions(platform, 12))
    with AD_SERVERS[platform](TurnedClock(), poison=[str(10**15 + 5)]) as server:
        tally, _ = run(server, ledger, platform, found)
        whole = 11 if platform == "microsoft" else 12
        assert (tally.sent, tally.refused.total(), tally.left) == (whole, 1, 0)
        assert APIS[platform].title in next(iter(tally.refused))
        assert tally.requests <= 12
        server.poison.clear()
        tally, _ = run(server, ledger, platform, found)
        assert (tally.sent, tally.refused.total(), tally.requests) == (1, 0, 1)
        assert len(server.counted) == whole + 1


@pytest.mark.parametrize("platform", PLATFORMS)
def test_where_all_are_refused_the_run_stops_early(platform, ledger):
    found = candidates(conversions(platform, 40))
    with AD_SERVERS[platform](TurnedClock(), poison=[str(10**15 + n) for n in range(40)]) as server:
        tally, _ = run(server, ledger, platform, found)
        assert tally.sent <= 1
        assert "none was accepted" in str(tally.stopped)
        assert tally.requests <= 25


@pytest.mark.parametrize(
    ("platform", "takes"), [("google", {"RESTATE"}), ("microsoft", {"RESTATE", "RETRACT"})]
)
def test_a_new_amount_and_a_withdrawal_go_as_the_platform_takes_them(platform, takes, ledger):
    with AD_SERVERS[platform](TurnedClock()) as server:
        run(server, ledger, platform, candidates(conversions(platform, 3)))
        dearer = candidates(conversions(platform, 3, value=250.0), withdrawn={"o1"})
        tally, left = run(server, ledger, platform, dearer)
        values = [one.get("AdjustmentValue", one.get("conversionValue")) for one in server.counted.values()]
        assert values.count(250.0) == 2
        gone = [one for one in server.counted.values() if one.get("AdjustmentType") == "Retract"]
        assert len(gone) == (1 if "RETRACT" in takes else 0)
        assert any("retract" in why for why in left) is ("RETRACT" not in takes)
        assert tally.sent == 2 + len(gone)
        assert run(server, ledger, platform, dearer)[0].sent == 0


@pytest.mark.parametrize("platform", PLATFORMS)
def test_of_two_runs_planned_at_once_the_later_one_counts_nothing_twice(platform, ledger):
    one, more = candidates(conversions(platform, 3)), candidates(conversions(platform, 5))
    dearer = candidates(conversions(platform, 5, value=250.0))
    with AD_SERVERS[platform](TurnedClock()) as server:
        for first, second in ((one, more), (dearer, dearer)):
            kept = kept_log(ledger, platform)
            run(server, ledger, platform, first, kept=kept)
            arrived = len(server.arrived)
            tally, _ = run(server, ledger, platform, second, kept=kept)
            assert len(server.arrived) - arrived == tally.sent == (2 if second is more else 0)
            assert tally.left == 0
        assert run(server, ledger, platform, dearer)[0].sent == 0


def test_who_withdrew_consent_before_the_first_run_is_never_sent(ledger):
    with AD_SERVERS["meta"](TurnedClock()) as server:
        run(server, ledger, "meta", candidates(conversions("meta", 3), withdrawn={"o0"}))
        assert sorted(server.counted) == ["hashed", "o1", "o2"]


@pytest.mark.parametrize("platform", ["google", "microsoft"])
def test_a_token_that_ran_out_is_renewed_and_without_a_way_told(platform, ledger):
    class Expiring(AD_SERVERS[platform]):
        def authorised(self, headers, path):
            return path == "/token" or super().authorised(headers, path)

        def route(self, method, path, body):
            if path != "/token":
                return super().route(method, path, body)
            assert b"refresh_token=r" in self.last_raw
            return Reply(200, {"access_token": self.token})

    found = candidates(conversions(platform, 3))
    with Expiring(TurnedClock()) as server:
        server.token = "newer"
        tally, _ = run(server, ledger, platform, found)
        assert APIS[platform].token in str(tally.stopped)
        grant = APIS[platform].grant
        way = {grant.client_id: "c", grant.client_secret: "s", grant.refresh_token: "r"}
        tally, _ = run(server, ledger, platform, found, environment=way | {"LEADSCORE_TOKEN_URL": "/token"})
        assert tally.stopped is None
        assert tally.sent >= 3


def test_a_wrong_account_and_another_process_are_told(ledger):
    with AD_SERVERS["meta"](TurnedClock()) as server:
        found = candidates(conversions("meta", 2))
        tally, _ = run(server, ledger, "meta", found, environment={"META_DATASET_ID": "5"})
        assert "META_DATASET_ID" in str(tally.stopped)
        assert tally.left == 3


@pytest.mark.parametrize("platform", APIS)
def test_what_the_environment_lacks_is_named(platform):
    whole = ENVIRONMENT[platform]
    for name in whole:
        with pytest.raises(LeadscoreError, match=name):
            PlatformLine(APIS[platform], {key: text for key, text in whole.items() if key != name})


def test_a_conversion_that_has_a_number_there_must_be_named_by_it():
    found = candidates(conversions("linkedin", 1))
    plan = plan_upload(found, SentLog(platform="linkedin"), PLATFORMS["linkedin"], NOON)
    with pytest.raises(LeadscoreError, match="--name customer NUMBER"):
        to_send("linkedin", plan, found, currency="EUR", names={"customer": "Customer", "sql": "1"})
