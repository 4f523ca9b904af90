"""``python -m xtcheck sandbox``: serves the sandbox for other clients until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  # the only name of this type


def add(commands: Subparsers) -> None:
    """The command's arguments."""
    parser = commands.add_parser("sandbox", help="serve the sandbox until Ctrl-C", description=__doc__)
    parser.add_argument("--world", default="blog", help="which world to serve (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="the port on 127.0.0.1 (default: a free one)")
    parser.add_argument("--json", action="store_true", help="print URLs, CA and credentials as one JSON document")
    parser.add_argument(
        "--config", action="store_true", help="serve nothing: print a config.yml that runs policies/ against this world"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve, print how to get in, and wait.

    :raises XtcheckError: the sandbox is not installed, there is no such world, or the port is taken.
    """
    try:
        from xtcheck.sandbox import Sandbox
    except ImportError as error:
        raise XtcheckError(f"the sandbox needs {error.name}; run: pip install 'xtcheck[sandbox]'") from error
    try:
        sandbox = Sandbox(world=arguments.world, port=arguments.port)
    except (ValueError, KeyError) as error:
        raise XtcheckError(f"cannot serve this world: {error}") from error
    if arguments.config:
        sys.stdout.writelines(line + "\n" for line in config_lines(sandbox.state.tree, arguments.world))
        return 0
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        sandbox.start()
    except (OSError, OverflowError) as error:
        raise XtcheckError(f"cannot listen on port {arguments.port}: {error}; choose another --port") from error
    try:
        _print(sandbox.connection, as_json=arguments.json)
        # Waits in slices: on Windows a plain wait cannot be interrupted.
        while not ended.wait(0.2):
            pass
    finally:
        sandbox.stop()
    return 0


def config_lines(tree: Any, world: str) -> Iterator[str]:
    """A config.yml for a world: who synchronizes into whom follows from what is in it."""
    sources = {alias for alias, tenant in tree["tenants"].items() if _is_source(tenant)}
    targets = {alias for alias, tenant in tree["tenants"].items() if _is_target(tenant)}
    yield f"# The world {world} of the sandbox, as python -m xtcheck sandbox --world {world} --config prints it."
    yield "policies: policies/"
    yield "tenants:"
    for alias, tenant in tree["tenants"].items():
        role = "both" if alias in sources & targets else "target" if alias in targets else "source"
        more = ", read-secrets: true" if _opts_in(tenant) else ""
        label = json.dumps(tenant["organization"]["displayName"], ensure_ascii=False)
        yield f"  {alias}: {{id: {tenant['id']}, role: {role}, label: {label}{more}}}"
    yield f"topology: {'mesh' if sources & targets else 'one-to-many' if len(targets) > 1 else 'many-to-one'}"
    if tree["aws"]:
        yield "aws:"
    for alias, entry in tree["aws"].items():
        endpoint = f"https://scim.{entry['region']}.amazonaws.com/{entry['scim']['tenant']}/scim/v2"
        yield f"  {alias.removeprefix('aws-')}:"
        yield f"    federated-from: {entry['federatedFrom']}"
        yield f'    account: "{entry["account"]}"'
        yield f"    region: {entry['region']}"
        yield f"    scim: {{endpoint: {endpoint}}}"
    yield f"sandbox: {{world: {world}}}"


def _is_source(tenant: Any) -> bool:
    jobs = (job for each in tenant["synchronization"].values() for job in each["jobs"].values())
    return any(job["templateId"] == "Azure2Azure" for job in jobs)


def _is_target(tenant: Any) -> bool:
    return bool(tenant["crossTenantAccessPolicy"]["identitySynchronization"])


def _opts_in(tenant: Any) -> bool:
    reader = next(iter(tenant["clients"].values()))
    return "Synchronization.ReadWrite.All" in reader["roles"]


def _print(connection: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(connection) + "\n")
    else:
        for line in lines(connection):
            sys.stdout.write(line + "\n")
        sys.stdout.write("serving until Ctrl-C\n")
    sys.stdout.flush()


def lines(connection: dict[str, Any], indent: str = "") -> list[str]:
    """A nested table of texts, one entry a line."""
    found = []
    for name, value in connection.items():
        if isinstance(value, dict):
            found += [f"{indent}{name}:", *lines(value, indent + "  ")]
        else:
            found.append(f"{indent}{name}: {value}")
    return found
