"""Plays the reference scenario from nothing, in three acts: ``make demo WORLD=empty``.

Serves the sandbox, and is the person in it: runs pytest, does in the console of IAM Identity Center what no API does,
puts what the console shows into the environment, and runs pytest again. Arguments go to pytest.
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
def served(folder: Path) -> Iterator[Json]:
    """The world ``empty``, served until the end; addresses, CA and credentials as the sandbox prints them."""
    command = [sys.executable, "-m", "xtcheck", "sandbox", "--world", "empty", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            printed = process.stdout.readline() if process.stdout else ""
            (folder / "sandbox.json").write_text(printed, encoding="utf-8")
            yield json.loads(printed)
        finally:
            process.terminate()


def surroundings(folder: Path) -> dict[str, str]:
    """The environment in which config.yml finds the sandbox, and nothing of a play before."""
    found = {name: value for name, value in os.environ.items() if not name.startswith("XT_SCIM_")}
    return found | {"XT_SANDBOX": str(folder / "sandbox.json")}


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


def play(arguments: list[str]) -> int:
    """The three acts; 0 when in the end everything is compliant."""
    with tempfile.TemporaryDirectory(prefix="xtcheck-play-") as folder, served(Path(folder)) as made:
        # Nobody waits half a minute for an engine that is right here.
        ask(made, "PUT", "pace", {"reaction": "PT1S"})
        environment = surroundings(Path(folder))
        say("=== act 1: all that an API can build ===")
        run(environment, "--remediate-unsafe", *arguments)
        say("\n=== act 2: a person in the console of IAM Identity Center ===")
        step(made, "show-metadata")
        step(made, "change-identity-source")
        scim = step(made, "enable-provisioning")
        step(made, "choose-portal", alias=PORTAL)
        environment |= {"XT_SCIM_ENDPOINT": scim["endpoint"], "XT_SCIM_TOKEN": scim["token"]}
        say("  export XT_SCIM_ENDPOINT, XT_SCIM_TOKEN")
        say("\n=== act 3: the same command finishes, and somebody signs in ===")
        run(environment, "--remediate-unsafe", *arguments)
        step(made, "sign-in")
        return run(environment, *arguments)


if __name__ == "__main__":
    sys.exit(play(sys.argv[1:]))
