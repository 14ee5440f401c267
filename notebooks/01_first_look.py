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
# # A first look: signals, rules against model against limit
#
# The simulated company has a hidden intent that nobody sees; what leads do betrays it. Because the world is
# simulated, the best prediction that is possible at all is known: the *limit*.

# %%
import os
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import data
from features import default_features, load_recipe, read_tables
from features.readings import offline
from features.snapshots import snapshots
from training import train

plt.rcParams.update({"figure.figsize": (8, 3.2), "axes.spines.top": False, "axes.spines.right": False})
os.chdir(mkdtemp())
data.simulate(Path("acme"), leads=4_000, seed=1)
recipe = load_recipe("acme/recipe.toml")
tables = read_tables(recipe, "acme")

# %% [markdown]
# ## What was read, and what was dropped

# %%
pd.DataFrame(tables.quality.rows(), columns=["table", "what", "count", "treatment"])

# %% [markdown]
# ## One row for each lead and moment
#
# Each open lead is looked at when it is 0, 1, 3, … days old; the label says whether it was won in the 90 days
# after that moment. Leads whose 90 days are not over are unknown, not lost.

# %%
shot = snapshots(recipe, tables)
print(pd.DataFrame(shot.account.rows(), columns=["rows", "count"]).to_string(index=False))
rows = shot.frame[shot.frame["matured"]].reset_index(drop=True)
X = pd.DataFrame(dict(offline(default_features(recipe), recipe, tables, rows[["lead_id", "as_of_us"]])))
X.shape

# %% [markdown]
# ## Which signals speak
#
# Conversion by age, by origin, and by the number of pricing pages seen so far.

# %%
figure, axes = plt.subplots(1, 3, sharey=True)
rows["label"].groupby(rows["age_days"]).mean().plot.bar(ax=axes[0], color="#4477aa", xlabel="age, days")
rows["label"].groupby(rows["origin"]).mean().plot.bar(ax=axes[1], color="#4477aa", xlabel="origin")
pricing = X["count_pricing_view_ever"].clip(upper=4)
rows["label"].groupby(pricing).mean().plot.bar(ax=axes[2], color="#4477aa", xlabel="pricing pages seen")
axes[0].set_ylabel("won within 90 days")
figure.tight_layout()

# %% [markdown]
# ## Rules, a linear model, trees and the limit, on the same newest rows

# %%
limit = data.known_limit(Path("acme"), recipe.recipe.horizon_days)
run = train(recipe, "acme", tracking=False, limit=limit, predictions=Path("test.parquet"))
figures = ["auc", "average_precision", "log_loss", "slope", "observed_expected", "lift_10"]
comparison = pd.DataFrame([row.model_dump() for row in run.comparison]).set_index("scorer")[figures]
comparison.round(3)

# %% [markdown]
# Gains: the share of all conversions among the best-ranked leads. The gap between model and limit is what
# more data could still bring; the gap between rules and model is what learning brought.

# %%
test = pd.read_parquet("test.parquet")
share = np.arange(1, len(test) + 1) / len(test)
figure, axis = plt.subplots(figsize=(5, 3.6))
styles = {"newest_first": ":", "rules": "-.", "logistic": "--", "model": "-", "limit": "-"}
for scorer, style in styles.items():
    won = test.sort_values(scorer, ascending=False)["outcome"].cumsum() / test["outcome"].sum()
    axis.plot(share, won, style, label=scorer, linewidth=1.8 if scorer == "model" else 1.2)
axis.set(xlabel="share of leads worked, best first", ylabel="share of conversions found")
axis.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# The model found what the rules missed, and it cannot beat what nobody can know:

# %%
assert comparison.loc["model", "log_loss"] < comparison.loc["rules", "log_loss"]
print(run.verdict, run.summary.reasons)
