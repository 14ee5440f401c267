"""What the other leads of an account did, for the rows of an export: by a ledger and by the export."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.catalogue import of_accounts
from features.columns import Columns
from features.lead import Lead
from serving.answer import Ladder
from serving.batch.rows import ExportRows
from serving.neighbours import Beside, Neighbours


def told_of_accounts(
    neighbours: Neighbours,
    beside: Beside,
    ladder: Ladder,
    rows: ExportRows,
    good: pd.DataFrame,
    columns: Columns,
) -> tuple[Columns, frozenset[int]]:
    """`columns` of the rows `good` with the counts of their accounts, and the rows whose account is known.

    `beside` are the leads of the whole export, of which the rows may be a block.
    """
    known = rows.leads.loc[good["row"]]
    account = known["account_id"].astype(object).where(known["account_id"].notna(), None)
    leads = [
        Lead(str(name), rows.as_of_us, None, {}, None, account_id=of)
        for name, of in zip(known["lead_id"], account, strict=True)
    ]
    leads = neighbours.together(rows.recipe, leads, beside)
    names = set(of_accounts(ladder.features))
    counted = {
        feature.name: np.array([feature.value(lead) for lead in leads], dtype=np.float64)
        for feature in ladder.features
        if feature.name in names
    }
    told = (lead.others is not None or lead.account_id is None for lead in leads)
    places = frozenset(int(row) for row, one in zip(good["row"], told, strict=True) if one)
    return Columns({**columns, **counted}, columns.n_leads), places
