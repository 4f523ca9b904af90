"""A world as a folder that a person may read and keep: saved whole, judged again without a network, compared."""

from __future__ import annotations

from xtcheck.snapshot.folder import SavedWorld, may_hold, open_world, save
from xtcheck.snapshot.manifest import Manifest, Origin, conflicts, declared

__all__ = ["Manifest", "Origin", "SavedWorld", "conflicts", "declared", "may_hold", "open_world", "save"]
