"""The events of an export by the block of their leads, on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple

from features.sql import quoted

_GROUP = 20_480
"""Rows of Parquet that one thread reads."""


class Parted(NamedTuple):
    """A file in `folder` for each block: streams of Arrow one behind the other, as events came, then Parquet.

    Nothing of a block is held between two of its streams. The engine reads Parquet in two thirds of the time,
    as it looks at each different date once.
    """

    folder: Path

    @classmethod
    def of(cls, folder: Path) -> Parted:
        """Without any event, whatever a killed run left there."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return cls(folder)

    def put(self, block: int, table: Any) -> None:
        """Add events of a block."""
        from pyarrow import ipc

        written = ipc.IpcWriteOptions(compression="lz4")
        with self._path(block).open("ab") as file, ipc.new_stream(file, table.schema, options=written) as out:
            out.write_table(table)

    def select(self, block: int) -> str:
        """The SELECT of all events of a block, to which none can be added then."""
        import pyarrow.parquet as pq

        streams = self._path(block)
        out = streams.with_suffix(".parquet")
        if not out.exists():
            pq.write_table(self._table(streams), out, row_group_size=_GROUP)
            streams.unlink()
        return f"SELECT * FROM read_parquet({quoted(str(out))})"

    def _table(self, path: Path) -> Any:
        import pyarrow as pa
        from pyarrow import ipc

        found = []
        with path.open("rb") as file:
            while file.tell() < path.stat().st_size:
                with ipc.open_stream(file) as stream:
                    found.append(stream.read_all())
        return pa.concat_tables(found)

    def _path(self, block: int) -> Path:
        return self.folder / f"block-{block:06d}.arrows"
