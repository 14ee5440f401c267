# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Capacity and budget: how many leads are worth a call
#
# A sales team has so many hours. A ranking is worth what it brings at that capacity, and one more call is
# worth making as long as it brings more than it costs.

# %%
import os
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import data
from features import load_recipe, read_tables
from serving.funnel import make_funnel
from training import train

plt.rcParams.update({"figure.figsize": (6, 3.4), "axes.spines.top": False, "axes.spines.right": False})
os.chdir(mkdtemp())
data.simulate(Path("acme"), leads=4_000, seed=2)
recipe = load_recipe("acme/recipe.toml")
limit = data.known_limit(Path("acme"), recipe.recipe.horizon_days)
run = train(recipe, "acme", tracking=False, limit=limit, predictions=Path("test.parquet"))
test = pd.read_parquet("test.parquet")

# %% [markdown]
# ## Customers among the leads worked
#
# Each lead counts once: as it stood when it was first seen in the test. The worst a team can do is to work
# leads in the order of chance; newest first is what most teams do.

# %%
first = test.sort_values("as_of").drop_duplicates("lead_id").reset_index(drop=True)
worked = np.arange(1, len(first) + 1)
figure, axis = plt.subplots()
for scorer, style in {"newest_first": ":", "rules": "-.", "model": "-", "limit": "--"}.items():
    found = first.sort_values(scorer, ascending=False)["outcome"].cumsum().to_numpy()
    axis.plot(worked, found, style, label=scorer)
axis.plot(worked, worked * first["outcome"].mean(), color="#bbbbbb", label="by chance")
axis.set(xlabel="leads worked", ylabel="customers among them")
axis.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# ## Where one more call stops paying
#
# The value of a call is the probability times what a customer brings; its cost is an assumption of yours.
# The model knows nothing of outcomes here: the choice is made by its probabilities, the outcomes judge it.

# %%
money = make_funnel(recipe, read_tables(recipe, "acme"))
worth, call = money.all.amount, 150.0
ranked = first.sort_values("model", ascending=False).reset_index(drop=True)
promised = (ranked["model"] * worth - call).cumsum()
came = (ranked["outcome"] * worth - call).cumsum()
best = int(promised.to_numpy().argmax()) + 1
figure, axis = plt.subplots()
axis.plot(worked, promised, label="promised")
axis.plot(worked, came, "--", label="what came")
axis.axvline(best, color="#bbbbbb", linestyle=":")
axis.set(xlabel="leads worked, best first", ylabel="amount less calls")
axis.legend(frameon=False)
figure.tight_layout()
print(f"A customer brings {worth:,.0f} on average; at {call:,.0f} a lead, {best:,} of {len(ranked):,} pay.")

# %% [markdown]
# ## A week of fifty
#
# With fifty leads a week instead, the cut-off follows from the capacity, and the model says what to expect.

# %%
weeks = (first["as_of"].max() - first["as_of"].min()).days / 7
chosen = ranked.head(int(50 * weeks))
by_chance = len(chosen) * first["outcome"].mean()
print(f"{len(chosen):,} leads in {weeks:.0f} weeks: {chosen['model'].sum():.0f} customers promised,")
print(f"{chosen['outcome'].sum():.0f} came; of as many leads by chance {by_chance:.0f}.")
assert chosen["outcome"].mean() > first["outcome"].mean()
