"""playbook.toml: every problem by its line, and nothing of the file used."""

from __future__ import annotations

import pytest

from features import parse_recipe
from features.errors import LeadscoreError
from serving.agreed.book import parse_playbook
from serving.agreed.law import law_of
from serving.agreed.starter import starter

RECIPE = parse_recipe("""
[recipe]
zone = "Europe/Paris"
[tables]
leads = "leads.csv"
events = "events.csv"
[lead]
id = "lead_id"
created_at = "created_at"
[lead.fields]
email = { type = "email" }
newsletter = { type = "boolean" }
region = { type = "category" }
[events.kinds]
demo_request = "intent"
webinar_attended = "interest"
download = "interest"
call = "contact"
unsubscribe = "negative"
""")
STEP = '[[sequence.step]]\nafter_days = 1\nwhat = "x"\n'
FAULTS = {
    'country = "ZZ"': "playbook.toml, line 1: [country]: no public holidays are known of country 'ZZ'",
    'country = "DE"': "no file of the law of DE",
    '\n[hours]\nmon = []\ntue = []\nwed = []\nthu = []\nfri = []': "line 2: [hours] is a calendar without",
    '[hours]\nmom = []': "line 2: [hours], key 'mom' is not known; did you mean 'mon'?",
    '[routing]\nowner = "seller"': "line 2: [routing], key 'owner': the recipe declares no field 'seller'",
    '[consent]\nphone = "region"': "field 'region' is of type category; it must be boolean",
    '[[owner]]\nname = "Anna"\nleft = 2020-01-01': "line 3: [owner] number 1, key 'left': everybody leaves",
    '[[owner]]\nname = "A"\n[[owner]]\nname = "a"': "line 4: [owner] number 2, key 'name': 'a' is",
    '[[owner]]\nname = "A"\nterritories = ["x"]': "[routing] names no field of the territory",
    '[[owner]]\nname = "A"\naway = [[2026-02-01, 2026-01-01]]': "ends before it begins",
    '[contact]\nagain_hours = [4, 2]': "must not fall",
    '[contact]\nattempt_events = ["calls"]': "declares no event kind 'calls'; did you mean 'call'",
    f'[[sequence]]\nname = "s"\nafter = ["demo"]\n{STEP}': "line 3: [sequence] number 1, key 'after'",
    f'[[sequence]]\nname = "s"\nthen = "s"\n{STEP}': "line 3: [sequence] number 1, key 'then': has no end",
    f'[[sequence]]\nname = "s"\nthen = "t"\n{STEP}[[sequence]]\nname = "t"\nthen = "s"\n{STEP}': "s → t → s",
    f'[[sequence]]\nname = "s"\nthen = "gone"\n{STEP}': "'gone' is no sequence",
    f'[[sequence]]\nname = "s"\n{STEP}{STEP}': "the days of its steps must grow",
    '[[sequence]]\nname = "s"\nstep = []': "key 'step'",
    f'[[sequence]]\nname = "s"\nafter = ["call"]\nstops = ["call"]\n{STEP}': "would start and stop it",
    "version = 2": "key",
    "hours = [": "not valid TOML",
}  # fmt: skip


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_wrong_is_named_by_its_line(text: str) -> None:
    with pytest.raises(LeadscoreError) as raised:
        parse_playbook(text, RECIPE)
    expected = FAULTS[text]
    assert expected in str(raised.value).replace("[version]", "key")


def test_all_problems_are_named_at_once() -> None:
    text = '[routing]\nowner = "a"\nterritory = "b"\n[[owner]]\nname = "A"\nleft = 2020-01-01\n'
    with pytest.raises(LeadscoreError) as raised:
        parse_playbook(text, RECIPE)
    assert len(raised.value.problem.splitlines()) == 3


def test_a_playbook_to_start_from_is_accepted_and_fits_the_recipe() -> None:
    book = parse_playbook(starter(RECIPE), RECIPE)
    assert [sequence.name for sequence in book.sequence] == ["after a webinar", "after a download", "welcome"]
    assert book.consent.email == "newsletter"
    bare = parse_recipe('[tables]\nleads = "leads.csv"\n[recipe]\ncountry = "FR"\n')
    assert parse_playbook(starter(bare), bare).country == "FR"


def test_the_law_of_a_country_says_where_it_was_read_and_a_company_can_correct_it(tmp_path) -> None:
    law = law_of("FR", None, tmp_path)
    assert all(rule.source for rule in law.rule)
    assert law.retention.days == 1095
    (tmp_path / "law.toml").write_text(
        '[[rule]]\nname = "x"\nchannel = "phone"\nneeds = "consent"\nsource = "s"\n'
    )
    assert [rule.name for rule in law_of("FR", "law.toml", tmp_path).rule] == ["x"]
    assert law_of("FR", "none", tmp_path).rule == ()
    with pytest.raises(LeadscoreError, match=r"gone.toml: no such file of the law"):
        law_of("FR", "gone.toml", tmp_path)
