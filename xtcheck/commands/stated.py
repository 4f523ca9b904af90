"""What all the policies of a config.yml state, for commands that need to know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xtcheck import policy
from xtcheck.errors import Mistakes

if TYPE_CHECKING:
    from xtcheck.config import Config
    from xtcheck.model import Check


def stated(config: Config) -> list[Check]:
    """Every check.

    :raises Mistakes: a policy is mistaken; all that is wrong with any of them.
    """
    policies = policy.load([(file, str(file)) for file in config.policy_files], config.estate)
    if policies.mistakes:
        raise Mistakes(mistake for several in policies.mistakes.values() for mistake in several.mistakes)
    return [check for checks in policies.checks.values() for check in checks]
