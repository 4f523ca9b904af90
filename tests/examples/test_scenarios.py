"""The scenario wider than it must be, and cleaned up: green in their worlds, and red where they must be."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.examples.looking import UNCHANGED, Judgements, example, looked, names, told
from xtcheck.model import Verdict

BAD = (Verdict.DRIFT, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE)


def in_both(*statements: str) -> set[str]:
    """Statements about both sources, wherever they are made."""
    return {statement.format(alias) for alias in ("one", "two") for statement in statements}


WIDENED = in_both(
    "{}/partner.shared.trust-mfa",
    "{}/partner.shared.trust-compliant-device",
    "{}/partner.shared.trust-hybrid-joined-device",
    "{}/partner.shared.effective-trust-mfa",
    "{}/partner.shared.automatic-redemption-inbound",
    "{}/partner.shared.effective-automatic-redemption-inbound",
    "shared/partner.{}.automatic-redemption-outbound",
    "shared/partner.{}.effective-automatic-redemption-outbound",
)
"""What the walkthrough sets and the minimal profile leaves alone."""


@pytest.fixture(scope="module")
def before() -> Mapping[tuple[str, str], Judgements]:
    """The world blog, in which nothing is widened and nothing gone."""
    return looked("blog", ["blog-literal", "decommissioned"])


def test_the_literal_scenario_is_as_its_policies_say() -> None:
    (found,) = looked("blog-literal", ["blog-literal"]).values()
    assert told(found, *BAD) == {}


def test_the_literal_policies_find_the_minimal_world_too_narrow(before: Mapping[tuple[str, str], Judgements]) -> None:
    found = before["blog-literal", UNCHANGED]
    assert told(found, *BAD).keys() == WIDENED, told(found, *BAD)
    assert names(found, Verdict.DRIFT) == WIDENED


def test_after_the_clean_up_all_is_as_its_policies_say() -> None:
    (found,) = looked("decommissioned", ["decommissioned"]).values()
    assert told(found, *BAD) == {}


def test_before_the_clean_up_whatever_must_be_gone_fails(before: Mapping[tuple[str, str], Judgements]) -> None:
    found = before["decommissioned", UNCHANGED]
    assert names(found, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE) == set()
    gone = example("decommissioned").expecting("absent")
    assert len(gone) == 15
    assert gone <= names(found, Verdict.DRIFT)


def test_before_the_clean_up_whatever_must_be_empty_fails(before: Mapping[tuple[str, str], Judgements]) -> None:
    drifted = names(before["decommissioned", UNCHANGED], Verdict.DRIFT)
    emptied = in_both("{}--shared/synchronization.assigned", "shared/partner.{}.user-sync-inbound") | {
        "aws-main/enterprise-app.assigned",
        "aws-main/account.444455556666.assignments",
        "aws-main/access.sofia@anyorganizationone.com.444455556666",
        "aws-main/access.nikki@anyorganizationone.com.444455556666",
        "aws-main/access.mary@anyorganizationtwo.com.444455556666",
    }
    assert emptied <= drifted
