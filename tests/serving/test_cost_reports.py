"""Campaign exports of the ad platforms as they come: who spent what when, nothing counted twice or summed
across currencies, and what is wrong told by file, line and column."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features import LeadscoreError
from features.clock import to_us
from serving.funnel.channels import channel, channels_of
from serving.funnel.cost_reports import read_cost_report

GOOGLE = (
    "Campaign report\n1 January 2026 - 31 January 2026\n"
    "Campaign,Campaign ID,Day,Currency code,Cost,Impr.,Clicks,Conversions,Cost / conv.\n"
    'Brand,11,2026-01-05,EUR,"1,234.50",900,40,3,411.50\n'
    "Brand,11,2026-01-06,EUR,0.00,--,--,--,--\n"
    'Generic,12,2026-01-05,EUR,"2,000.00",5000,90,1,2000.00\n'
    'Total: Campaigns,,,EUR,"3,234.50",5900,130,4,808.63\n'
    'Total: Account,,,EUR,"3,234.50",5900,130,4,808.63\n'
)
GOOGLE_FR = (
    "Rapport sur les campagnes\n1 janvier 2026 – 31 janvier 2026\n"
    "Campagne;Jour;Code de la devise;Coût;Impr.;Clics;Conversions;Coût/conv.\n"
    "Marque;05/01/2026;EUR;1\u202f234,50;900;40;3,00;411,50\n"
    "Générique;06/01/2026;EUR;2\u00a0000,00;5\u00a0000;90;1,00;2\u00a0000,00\n"
    "Total : campagnes;;EUR;3\u00a0234,50;5\u00a0900;130;4,00;808,63\n"
    "Total : compte;;EUR;3\u00a0234,50;5\u00a0900;130;4,00;808,63\n"
)
META_FR = (
    "Début des rapports,Fin des rapports,Nom de la campagne,Nom de l'ensemble de publicités,"
    "Montant dépensé (EUR),Impressions,Résultats,Coût par résultat,Clics sur un lien\n"
    "2026-01-01,2026-01-31,,,350.25,90000,9,38.92,310\n"
    "2026-01-01,2026-01-31,Webinaire,Décideurs,200.25,50000,5,40.05,200\n"
    "2026-01-01,2026-01-31,Livre blanc,Tous,150,40000,4,37.5,110\n"
)
LINKEDIN = (
    "Campaign Performance Report (in UTC)\n"
    'Report Start: "January 1, 2026, 12:00 AM"\n'
    "\n"
    "Start Date (in UTC)\tCampaign Group Name\tCampaign Name\tCampaign ID\tCurrency\tTotal Spent\tImpressions"
    "\tClicks\tConversions\n"
    "1/13/2026\tQ1\tABM France\t77\tEUR\t812.40\t12000\t70\t2\n"
    "1/14/2026\tQ1\tABM France\t77\tEUR\t610.00\t9000\t55\t1\n"
    "Total\t\t\t\tEUR\t1422.40\t21000\t125\t3\n"
)


def us(*day: int) -> int:
    """Microseconds of the start of a day in UTC."""
    return to_us(pd.Timestamp(datetime(*day), tz="UTC").to_pydatetime())  # type: ignore[arg-type]


BRANDS = {"Brand": 1234.5, "Generic": 2000.0}
MARQUES = {"Marque": 1234.5, "Générique": 2000.0}
TABBED = GOOGLE.replace('"1,234.50"', "1234.50").replace('"2,000.00"', "2000.00")
TABBED = TABBED.replace('"3,234.50"', "3234.50").replace(",", "\t")
JANUARY = {"Webinaire": 200.25, "Livre blanc": 150.0}
CASES = {
    "google": (GOOGLE, "utf-8", "google", BRANDS, us(2026, 1, 5)),
    "google utf-16 with tabs": (TABBED, "utf-16", "google", BRANDS, us(2026, 1, 5)),
    "google in French": (GOOGLE_FR, "utf-8-sig", "google", MARQUES, us(2026, 1, 5)),
    "meta in French": (META_FR, "utf-8-sig", "meta", JANUARY, us(2026, 1, 1)),
    "linkedin utf-16": (LINKEDIN, "utf-16", "linkedin", {"ABM France": 1422.4}, us(2026, 1, 13)),
}


@pytest.mark.parametrize("name", CASES)
def test_a_report_is_read_as_the_platform_writes_it(name, tmp_path):
    text, encoding, platform, costs, first = CASES[name]
    path = tmp_path / "report.csv"
    path.write_bytes(text.encode(encoding))
    found = read_cost_report(path)
    assert found.platform == platform
    assert found.spend.groupby("campaign")["cost"].sum().to_dict() == pytest.approx(costs)
    assert set(found.spend["currency"]) == {"EUR"}
    assert found.spend["start_us"].min() == first
    lines = text.splitlines()
    for line, campaign in found.spend[["line", "campaign"]].itertuples(index=False):
        assert campaign in lines[line - 1]


def test_a_month_of_meta_ends_with_its_last_day(tmp_path):
    path = tmp_path / "meta.csv"
    path.write_text(META_FR, encoding="utf-8")
    assert read_cost_report(path).spend["end_us"].max() == us(2026, 2, 1) - 1


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Campaign,Day,Cost\nBrand,2026-01-05,much\n", 2, "an amount"),
        ("Campaign,Day,Cost\nBrand,2026-01-05,1\nOther,someday,2\n", 3, "a day"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named_by_line_and_column(text, line, words, tmp_path):
    path = tmp_path / "report.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LeadscoreError) as caught:
        read_cost_report(path)
    said = str(caught.value)
    assert f"report.csv, line {line}" in said
    assert words in said


@pytest.mark.parametrize("missing", ["Campaign", "Day", "Cost"])
def test_a_report_without_a_needed_column_is_refused_with_what_to_do(missing, tmp_path):
    frame = pd.DataFrame(
        {"Campaign": ["a", "b"], "Day": ["2026-01-05"] * 2, "Cost": ["1.5", "2"], "Note": ["x", "y"]}
    )
    frame.drop(columns=missing).to_csv(tmp_path / "r.csv", index=False)
    with pytest.raises(LeadscoreError, match=f"'{missing}'"):
        read_cost_report(tmp_path / "r.csv")


AMOUNTS = st.lists(st.decimals(0, 99_999, places=2), min_size=2, max_size=12)


@settings(max_examples=25)
@given(AMOUNTS, st.booleans())
def test_amounts_are_the_same_in_both_decimal_marks(tmp_path_factory, amounts, french):
    texts = [f"{amount:,.2f}" for amount in amounts]
    if french:
        texts = [text.replace(",", "\u202f").replace(".", ",") for text in texts]
    path = tmp_path_factory.mktemp("r") / "r.csv"
    rows = "".join(f"c{place};2026-01-{place + 1:02d};{text}\n" for place, text in enumerate(texts))
    path.write_text("Campaign;Day;Cost\n" + rows, encoding="utf-8")
    assert read_cost_report(path).spend["cost"].tolist() == pytest.approx([float(one) for one in amounts])


@pytest.mark.parametrize(
    ("source", "medium", "campaign", "expected"),
    [
        ("(direct)", "(none)", "", "Direct"),
        ("google", "cpc", "cross-network", "Cross-network"),
        ("google", "cpc", "summer shopping", "Paid Shopping"),
        ("Google", "CPC", "brand", "Paid Search"),
        ("linkedin", "paid-social", "", "Paid Social"),
        ("youtube", "cpv-cp", "", "Paid Video"),
        ("site", "cpm", "", "Display"),
        ("partner", "ppc", "", "Paid Other"),
        ("facebook", "referral", "", "Organic Social"),
        ("blog", "sm", "", "Organic Social"),
        ("youtube", "referral", "", "Organic Video"),
        ("duckduckgo", "", "", "Organic Search"),
        ("any", "organic", "", "Organic Search"),
        ("partner.example", "referral", "", "Referral"),
        ("newsletter", "e-mail", "", "Email"),
        ("p", "affiliate", "", "Affiliates"),
        ("app", "web-push", "", "Mobile Push"),
        ("chat", "ai-assistant", "", "AI Assistant"),
        ("x", "y", "", "Unassigned"),
    ],
)
def test_a_channel_is_the_first_rule_that_fits(source, medium, campaign, expected):
    assert channel(source, medium, campaign) == expected


def test_a_click_id_says_the_channel_where_tags_do_not_and_fbclid_says_nothing():
    raw = pd.DataFrame(
        {
            "UTM Source": ["newsletter", None, None, None],
            "UTM Medium": ["email", None, None, None],
            "gclid": ["abc", "abc", None, None],
            "fbclid": [None, None, "f", None],
        }
    )
    assert channels_of(raw).tolist() == ["Email", "Paid Search", "unknown", "unknown"]
