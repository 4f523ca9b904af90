"""Plays the reference scenario from nothing, in three acts: ``make demo WORLD=empty``.

Serves the sandbox, and is the person in it: runs pytest, does in the console of IAM Identity Center what no API does,
puts what the console shows into the environment, and runs pytest again. Arguments go to pytest. XT_SANDBOX may name the
file of a sandbox that is served already, with this world.
"""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Json = Any

CONFIG = Path(__file__).with_name("config.yml")
PORTAL = "corporateazureadtoaws"
OPTIONS = ("-q", "--tb=no", "-rN")
"""A story of three acts: what failed is told once, at the end of each."""


@contextmanager
def served(file: Path) -> Iterator[Json]:
    """The world ``empty``, served until the end: addresses, CA and credentials, which stand in the file as well."""
    if file.exists():
        yield json.loads(file.read_text(encoding="utf-8"))
        return
    command = [sys.executable, "-m", "xtcheck", "sandbox", "--world", "empty", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            printed = process.stdout.readline() if process.stdout else ""
            file.write_text(printed, encoding="utf-8")
            yield json.loads(printed)
        finally:
            process.terminate()


def ask(made: Json, method: str, route: str, document: Json) -> Json:
    """The admin endpoint of the sandbox; its console is what a person has before him."""
    request = urllib.request.Request(  # noqa: S310  # the sandbox's own address
        f"{made['admin']['url']}/{route}",
        method=method,
        headers={"authorization": f"Bearer {made['admin']['token']}"},
        data=json.dumps(document).encode(),
    )
    trust = ssl.create_default_context(cafile=made["ca"])
    try:
        with urllib.request.urlopen(request, context=trust) as reply:  # noqa: S310
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise SystemExit(f"  {document}: {error.read().decode()}") from error


def step(made: Json, name: str, **entered: str) -> Json:
    """One step in the console, as it is done; a token is for the environment, and for nobody's eyes."""
    shown = ask(made, "POST", "console", {"step": name, **entered})
    told = ", ".join(f"{word} {'(kept)' if word == 'token' else value}" for word, value in {**entered, **shown}.items())
    say(f"  {name}: {told}")
    return shown


def run(environment: dict[str, str], *arguments: str) -> int:
    """pytest, as a user starts it; what it prints is the user's."""
    command = [sys.executable, "-m", "pytest", f"--tenants={os.path.relpath(CONFIG)}", *OPTIONS, *arguments]
    say(f"$ pytest {' '.join(command[3:])}")
    return subprocess.run(command, env=environment, check=False).returncode


def say(text: str) -> None:
    """A line of the story, before whatever pytest prints next."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def play(arguments: list[str], file: Path) -> int:
    """The three acts; 0 when in the end everything is compliant."""
    with served(file) as made:
        # Nobody waits half a minute for an engine that is right here.
        ask(made, "PUT", "pace", {"reaction": "PT1S"})
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XT_SCIM_")}
        environment["XT_SANDBOX"] = str(file)
        say("=== act 1: all that an API can build ===")
        run(environment, "--remediate-unsafe", *arguments)
        say("\n=== act 2: a person in the console of IAM Identity Center ===")
        step(made, "show-metadata")
        step(made, "change-identity-source")
        scim = step(made, "enable-provisioning")
        step(made, "choose-portal", alias=PORTAL)
        environment |= {"XT_SCIM_ENDPOINT": scim["endpoint"], "XT_SCIM_TOKEN": scim["token"]}
        say("  export XT_SCIM_ENDPOINT=... XT_SCIM_TOKEN=...")
        say("\n=== act 3: the same command finishes ===")
        run(environment, "--remediate-unsafe", *arguments)
        say("\n=== the last step, and a look by a program that cannot write ===")
        step(made, "sign-in")
        return run(environment, "-p", "no:xtcheck.remediation.plugin", *arguments)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="xtcheck-play-") as folder:
        sys.exit(play(sys.argv[1:], Path(os.environ.get("XT_SANDBOX") or Path(folder, "sandbox.json"))))
