"""Spark as an engine: canonical tables travel as Parquet files, results come back as Arrow.

Whatever Spark is configured to use is used (spark-defaults.conf, PYSPARK_SUBMIT_ARGS, a session that is
already running); without configuration it is a local one with all cores of this machine.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from features.errors import LeadscoreError
from features.readings.engine import ROWS_AT_ONCE, Engine, moved, read_by_features
from features.tables import Tables
from features.tables.duck import to_arrow

OLDEST_JAVA = 17
"""The oldest Java that Spark 4 runs on: https://spark.apache.org/docs/latest/#downloading"""

_SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.log.level": "ERROR",  # a plan with two hundred columns earns warnings about its size
    "spark.sql.debug.maxToStringFields": "1000",
}


@contextmanager
def spark_tables(tables: Tables, folder: str | None = None) -> Iterator[Engine]:
    """A Spark that reads copies of `tables`, written as Parquet below `folder` and removed afterwards.

    `folder` is a path or an address (s3://…) that all nodes of the cluster see; a temporary one suits a
    local Spark.

    Raises:
        LeadscoreError: no pyspark, or no Java that it runs on.
    """
    import ibis

    con = ibis.pyspark.connect(spark_session())
    with _exchange(folder) as (place, filesystem):

        def put(name: str, batches: Any) -> Any:
            file = f"{place}/{name}-{uuid4().hex}.parquet"
            _write(batches, filesystem, file)
            return con.read_parquet(_address(folder, file), table_name=f"leadscore_{name}")

        copies = {name: put(name, batches) for name, _, batches in read_by_features(tables)}
        yield Engine(
            tables=moved(tables, con, copies),
            moments=lambda frame: put("moments", _batches(frame)),
            fetch=lambda expression: con._session.sql(con.compile(expression)).toArrow(),
        )


def java_version() -> int | None:
    """The major version of the Java that Spark would start, None where there is none."""
    home = os.environ.get("JAVA_HOME")
    java = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if java is None or not Path(java).exists():
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(\d+)(?:\.(\d+))?', said)
    if found is None:
        return None
    first, second = int(found[1]), int(found[2] or 0)
    return second if first == 1 else first  # Java 8 calls itself 1.8


def spark_session() -> Any:
    """The session that is running, or one as Spark is configured; its clock in UTC.

    Raises:
        LeadscoreError: no pyspark, or no Java that it runs on.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise LeadscoreError(
            "--engine spark needs pyspark, which is not installed.",
            "Run 'make extras', or pip install 'leadscore[spark]'.",
        ) from None
    version = java_version()
    if version is None or version < OLDEST_JAVA:
        found = "none" if version is None else f"Java {version}"
        raise LeadscoreError(
            f"--engine spark needs Java {OLDEST_JAVA} or newer; found: {found}.",
            "Install one and point JAVA_HOME to it, or leave --engine out: DuckDB needs no Java.",
        )
    # Else a worker starts the first Python of its path, which need not have what this one has.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("leadscore")
    for key, setting in _SETTINGS.items():
        builder = builder.config(key, setting)
    session = builder.getOrCreate()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    if session.sparkContext.master.startswith("local"):  # its 200 partitions suit a cluster
        session.conf.set("spark.sql.shuffle.partitions", str(session.sparkContext.defaultParallelism))
    return session


@contextmanager
def _exchange(folder: str | None) -> Iterator[tuple[str, Any]]:
    """A new folder below `folder`, as (path, Arrow file system); removed after the block."""
    from pyarrow.fs import FileSystem, LocalFileSystem

    if folder is None or "://" not in folder:
        filesystem, root = LocalFileSystem(), str(Path(folder or tempfile.gettempdir()).absolute())
    else:
        filesystem, root = FileSystem.from_uri(re.sub("^s3a://", "s3://", folder))
    place = f"{root}/leadscore-{uuid4().hex}"
    filesystem.create_dir(place)
    try:
        yield place, filesystem
    finally:
        filesystem.delete_dir(place)


def _address(folder: str | None, file: str) -> str:
    """How Spark finds `file`: with the scheme that `folder` was given with."""
    scheme = folder.split("://")[0] if folder is not None and "://" in folder else "file"
    return f"{scheme}://{file}"


def _write(batches: Any, filesystem: Any, file: str) -> None:
    import pyarrow.parquet as pq

    with pq.ParquetWriter(file, batches.schema, filesystem=filesystem) as writer:
        for batch in batches:
            writer.write_batch(batch)


def _batches(frame: pd.DataFrame) -> Any:
    return to_arrow(frame).to_reader(ROWS_AT_ONCE)
