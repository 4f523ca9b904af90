"""``python -m xtcheck permissions``: the least permissions that the policies of a config need, without running them."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck import config as config_documents
from xtcheck import policy
from xtcheck.errors import Mistakes
from xtcheck.permissions import needed

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type

Json = Any


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "permissions", help="print the least permissions that policies need", description=__doc__
    )
    parser.add_argument("--tenants", required=True, metavar="CONFIG", help="the config.yml")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print, per tenant, the Graph application permissions, and per AWS entry an IAM policy.

    :raises Mistakes: config.yml or a policy is mistaken.
    """
    config = config_documents.load(Path(arguments.tenants))
    files = [file for path in config.policies for file in policy.files(path) if file != config.path]
    policies = policy.load([(file, str(file)) for file in files], config.estate)
    if policies.mistakes:
        raise Mistakes(mistake for several in policies.mistakes.values() for mistake in several.mistakes)
    refs = [ref for checks in policies.checks.values() for check in checks for ref in check.refs.values()]
    for place, permissions in sorted(needed(refs).items()):
        sys.stdout.write(f"{place}:\n")
        if place in config.estate.tenants:
            for permission in sorted(permissions):
                sys.stdout.write(f"  {permission}\n")
        else:
            sys.stdout.write(json.dumps(iam_policy(permissions), indent=2) + "\n")
    return 0


def iam_policy(actions: set[str]) -> Json:
    """An IAM policy document with these actions, and the one that tells whose credentials they are."""
    statement = {"Effect": "Allow", "Action": sorted({*actions, "sts:GetCallerIdentity"}), "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}
