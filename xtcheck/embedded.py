"""Starts the sandbox inside this process for a config.yml that asks for it, and points the connections at it.

Or points them at one that is served elsewhere, and outlives the run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import config as config_documents
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.config import Config

Json = Any


@contextmanager
def reachable(config: Config) -> Iterator[Config]:
    """The config with which everything can be reached: unchanged, or overlaid with a sandbox that runs meanwhile.

    :raises XtcheckError: the sandbox is asked for but not installed, refuses a drift or a world, or is not served.
    """
    wish = config.sandbox
    if wish is None:
        yield config
        return
    if wish.served is not None:
        yield config_documents.overlay(config, _served(wish.served))
        return
    try:
        from xtcheck.sandbox import Sandbox  # only a config with a sandbox pays for it
    except ImportError as error:
        missing = f"the sandbox needs {error.name}"
        raise XtcheckError(f"{missing}, which is not installed; run: pip install 'xtcheck[sandbox]'") from error
    try:
        sandbox = Sandbox(world=wish.world, drift=wish.drift, faults=wish.faults)
    except (ValueError, KeyError) as error:
        raise XtcheckError(f"the sandbox refuses what config.yml wishes: {error}") from error
    with sandbox:
        yield config_documents.overlay(config, sandbox.connection)


def _served(path: Path) -> Json:
    """Where a sandbox is, as it has printed it.

    :raises XtcheckError: the file does not say so.
    """
    try:
        made = json.loads(path.read_text(encoding="utf-8"))
        _ = made["tenants"], made["aws"], made["ca"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        serve = f"serve one: python -m xtcheck sandbox --json > {path.name}"
        raise XtcheckError(f"{path} does not say where a sandbox is served; {serve}") from error
    return made
