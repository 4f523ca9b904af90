"""The reports of shards become one, that is valid and says what one run would have; gaps and overlaps are refused."""

from __future__ import annotations

import copy
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from tests.documents.estates import checks, estate
from tests.model.evidence import NOW, answered
from tests.model.evidence import judged as judged_on
from xtcheck.commands.line import main
from xtcheck.model import Check, Json
from xtcheck.report import json_format
from xtcheck.report.records import record
from xtcheck.report.schema import schema
from xtcheck.report.selection import selection
from xtcheck.world import World

POLICY = """
applies-to: {role: target}
cross-tenant-access:
  undeclared-partners: forbidden
---
applies-to: {role: source}
cross-tenant-access:
  undeclared-partners: forbidden
"""
STATED: tuple[Check, ...] = tuple(checks(POLICY, of=estate()))
"""One check of each of the tenants shared, one and two."""
