"""The events of an export by the block of their leads, on the disk."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, NamedTuple


class Parted(NamedTuple):
    """A file in `folder` for each block: streams of Arrow one behind the other, as events came."""

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

    def table(self, block: int) -> Any:
        """All events of a block."""
        import pyarrow as pa
        from pyarrow import ipc

        path, found = self._path(block), []
        with path.open("rb") as file:
            while file.tell() < path.stat().st_size:
                with ipc.open_stream(file) as stream:
                    found.append(stream.read_all())
        return pa.concat_tables(found)

    def _path(self, block: int) -> Path:
        return self.folder / f"block-{block:06d}.arrows"
