"""Starts the sandbox inside this process for a config.yml that asks for it, and points the connections at it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xtcheck import config as config_documents
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.config import Config


@contextmanager
def reachable(config: Config) -> Iterator[Config]:
    """The config with which everything can be reached: unchanged, or overlaid with a sandbox that runs meanwhile.

    :raises XtcheckError: the sandbox is asked for but not installed, or refuses a drift or a world.
    """
    wish = config.sandbox
    if wish is None:
        yield config
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
