"""The JSON report: ``{schema, run, tenants, checks}``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from xtcheck import private
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from pathlib import Path

Json = Any


def write(path: Path, run: Json, tenants: list[Json], records: list[Json]) -> None:
    """Write the report; it names people and tenants, so only this user may read it.

    :raises XtcheckError: the file cannot be written.
    """
    document = {"schema": 1, "run": run, "tenants": tenants, "checks": records}
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with private.text(private.emptied(path)) as stream:
            json.dump(document, stream, indent=1, ensure_ascii=False)
            stream.write("\n")
    except OSError as error:
        raise XtcheckError(f"cannot write the report {path}: {error.strerror}") from error
