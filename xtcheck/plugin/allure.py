"""What Allure shows of a check: a suite for each tenant, severity, the tenant as parameter, and what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from xtcheck.report.records import evidence

if TYPE_CHECKING:
    import pytest

    from xtcheck.model import Check, Judgement
    from xtcheck.world import World

Json = Any

FIELDS = ("expected", "observed", "reason", "remedy")


def active(config: pytest.Config) -> bool:
    """Whether Allure results are written in this run."""
    return bool(config.getoption("allure_report_dir", default=None))


def label(item: pytest.Item, check: Check) -> None:
    """Labels belong on the item at collection: a skipped one never gets further."""
    import allure  # paid for only with --alluredir

    item.add_marker(allure.parent_suite("xtcheck"))
    item.add_marker(allure.suite(check.owner))
    item.add_marker(allure.sub_suite(check.kind.area))
    item.add_marker(allure.feature(check.kind.area))
    item.add_marker(allure.description(check.setting.doc))
    item.add_marker(allure.severity(allure.severity_level(str(check.severity))))
    for control in check.controls:
        item.add_marker(allure.tag(control))


def entitle(check: Check) -> None:
    """The check's name as its title; only after setup, at whose end Allure puts the item's name."""
    import allure

    allure.dynamic.title(check.name)


def attach(check: Check, judgement: Judgement, world: World, change: Json = None) -> None:
    """Parameters and attachments of the check that is running; ``change`` is what this run did about it."""
    import json

    import allure

    allure.dynamic.parameter("tenant", check.owner)
    if check.scope.link:
        allure.dynamic.parameter("link", str(check.scope.link))
    for name in FIELDS:
        value = getattr(judgement, name)
        if value:
            allure.attach(value, name, allure.attachment_type.TEXT)
    if change:
        if change["outcome"] == "applied" and judgement.verdict == "compliant":
            allure.dynamic.tag("remediated")
        allure.attach(json.dumps(change, indent=2, ensure_ascii=False), "change", allure.attachment_type.JSON)
    seen = json.dumps(evidence(judgement, world), indent=2, ensure_ascii=False)
    allure.attach(seen, "evidence", allure.attachment_type.JSON)
