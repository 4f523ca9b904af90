"""The options that write, and what they come to together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xtcheck import arguments
from xtcheck.errors import XtcheckError
from xtcheck.model import Safety
from xtcheck.plugin.options import idle

if TYPE_CHECKING:
    import pytest


def add(parser: pytest.Parser) -> None:
    """Add them."""
    group = parser.getgroup("xtcheck remediation", "xtcheck: put right what drifted")
    group.addoption(
        "--remediate",
        action="store_true",
        help="make the safe changes that put failing checks right, read them back, and judge again",
    )
    group.addoption(
        "--remediate-unsafe",
        action="store_true",
        help="also make changes that loosen a trust or may take access from people; implies --remediate",
    )
    group.addoption(
        "--remediate-plan",
        action="store_true",
        help="show what would be changed, and write nothing; with --remediate-unsafe, all of it as one",
    )
    group.addoption(
        "--xt-save-plan",
        type=arguments.text,
        metavar="PATH",
        help="keep the plan as JSON; alone, it implies --remediate-plan",
    )
    group.addoption(
        "--xt-apply-plan",
        type=arguments.text,
        metavar="PATH",
        help="make exactly the changes of a kept plan, and none when anything has moved since; implies --remediate",
    )


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options of a run ask for. ``writes``: changes are made; else they are only shown."""

    writes: bool
    allowed: Safety
    save: Path | None = None
    apply: Path | None = None


def is_asked(config: pytest.Config) -> bool:
    """Whether anything is to be put right, planned or kept."""
    get = config.getoption
    kept = get("xt_save_plan") is not None or get("xt_apply_plan") is not None
    return bool(get("remediate") or get("remediate_unsafe") or get("remediate_plan") or kept)


def wish(config: pytest.Config) -> Wish | None:
    """What is asked for; None for a run that does not write and shows no plan.

    :raises XtcheckError: options exclude each other.
    """
    get, folder = config.getoption, config.invocation_params.dir
    save, apply = get("xt_save_plan"), get("xt_apply_plan")
    shows = get("remediate_plan")
    if not is_asked(config):
        return None
    if not get("tenants"):
        raise XtcheckError("there is nothing to put right without --tenants=CONFIG")
    if apply is not None and (save is not None or shows):
        raise XtcheckError("--xt-apply-plan makes the changes of a plan; leave out what only shows or keeps one")
    writes = apply is not None or ((get("remediate") or get("remediate_unsafe")) and not shows)
    option = "--remediate" if writes else "--remediate-plan"
    if shown := idle(config):
        raise XtcheckError(f"{option} judges what is there, and {shown} runs no test: leave one of the two out")
    if getattr(config.option, "numprocesses", None) or getattr(config.option, "tx", None):
        raise XtcheckError(f"{option} works in one process: leave -n out")
    for other, why in (
        ("xt_world", "a saved world is not a tenant"),
        ("xt_save_world", "what is read before and after differs; keep the world in a run of its own"),
    ):
        if get(other) is not None:
            raise XtcheckError(f"{option} and --{other.replace('_', '-')} exclude each other: {why}")
    return Wish(
        writes,
        Safety.UNSAFE if get("remediate_unsafe") else Safety.SAFE,
        Path(folder, save) if save is not None else None,
        Path(folder, apply) if apply is not None else None,
    )
