"""A real MLflow store in SQLite, quickly: MLflow makes an empty one once, each test works on a copy of it."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import warnings
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

with warnings.catch_warnings():  # its imports warn through SQLAlchemy and pydantic; ours must not
    warnings.simplefilter("ignore")
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore


def empty_store(folder: Path) -> str:
    """The address of a new store in `folder`. Its tables take MLflow seconds, so an empty one is kept."""
    kept = Path(tempfile.gettempdir()) / f"leadscore-empty-store-{version('mlflow')}.db"
    if not kept.exists():
        made = folder / "empty.db"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            SqlAlchemyStore(f"sqlite:///{made}", str(folder)).engine.dispose()
        with closing(sqlite3.connect(made)) as held, held:
            held.execute("DELETE FROM experiments")  # the first remembers the folder that it was made in
        beside = kept.with_name(f"{kept.stem}-{folder.name}.part")
        shutil.copy(made, beside)
        beside.replace(kept)  # whole or not at all, whoever else makes it meanwhile
    shutil.copy(kept, folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"
