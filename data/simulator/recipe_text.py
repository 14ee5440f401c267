"""The recipe that ships with a simulated company: what each column is, and which two must stay out."""

from __future__ import annotations

RECIPE = """\
# The recipe of the simulated company. It says what is in the tables and what to predict.

[recipe]
name = "acme"
zone = "Europe/Paris"
horizon_days = 90
market = "both"

[tables]
leads = "leads.parquet"
events = "events.parquet"
outcomes = "outcomes.parquet"

# Two columns of the leads are left out on purpose: contract_reference and close_reason are filled in only
# after the outcome. A model that saw them would look perfect on history and know nothing of open leads.
[lead]
id = "lead_id"
created_at = "created_at"
account_id = "account_id"
cost = "cost"
opted_out = "opted_out"

[lead.fields]
market = { type = "category", known = "creation", means = "market" }
origin = { type = "category", known = "creation", means = "origin" }
campaign = { type = "category", known = "creation", means = "campaign" }
email = { type = "email", known = "creation" }
phone = { type = "phone", known = "creation" }
job_title = { type = "text", known = "creation", means = "title" }
company_size = { type = "number", known = "creation", means = "size" }
revenue = { type = "number", known = "creation", means = "revenue" }
founded = { type = "number", known = "creation", means = "founded" }
industry = { type = "category", known = "creation", means = "industry" }
country = { type = "category", known = "creation", means = "country" }
region = { type = "category", known = "creation", means = "region" }
newsletter = { type = "boolean", known = "creation" }

[events]
lead_id = "lead_id"
occurred_at = "occurred_at"
kind = "kind"
event_id = "event_id"
ingested_at = "ingested_at"
value = "value"

[events.kinds]
email_open = "interest"
email_click = "interest"
page_view = "interest"
pricing_view = "intent"
form_submit = "interest"
download = "interest"
webinar_attended = "interest"
demo_request = "intent"
quote_request = "intent"
event_visit = "interest"
call_attempt = "contact"
meeting_held = "intent"
meeting_no_show = "negative"
unsubscribe = "negative"

[outcomes]
lead_id = "lead_id"
stage = "stage"
occurred_at = "occurred_at"
amount = "amount"
won = ["won"]
lost = ["lost"]

[outcomes.stages]
mql = "mql"
sal = "sal"
sql = "sql"
opportunity = "opportunity"

[snapshots]
at_days = [0, 1, 3, 7, 14, 30, 60, 120, 240]

[split]
history_end = "{history_end}"
"""


def recipe_text(history_end: str) -> str:
    """The recipe as TOML; `history_end` is an ISO 8601 moment."""
    return RECIPE.replace("{history_end}", history_end)
