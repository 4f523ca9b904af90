"""The AWS access portal, which anybody can open: whether it answers, for which Region, and whose it is.

Its start page tells the Region in ``<meta name="region">``: seen in the field (synfinatic/aws-sso-cli and others read
it), documented nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.center import AREA, CONSOLE, INSTANCE
from xtcheck.kinds.trail import SIGN_INS, Event, must_be_here, sign_ins, signed_in
from xtcheck.model import Break, Fetch, Grade, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Choice, Concluded, Text, concluded

Json = Any

STORE = re.compile(r"d-[0-9a-f]{10}")
HOST = re.compile(r"([a-z0-9-]+)\.awsapps\.com")

_Kind = partial(
    Kind,
    home="aws",
    subject="aws",
    area=AREA,
    key="{portal}",
    place="identity-center.portals.<portal>",
    label="portal.<portal>",
)


class _Metas(HTMLParser):
    """The ``content`` of each ``<meta>`` by its name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "meta" and named.get("name"):
            self.found.setdefault(str(named["name"]), []).append(named.get("content") or "")


def _region(seen: Seen) -> Json:
    regions = set(_Metas(seen.documents["portal"]).found.get("region", ()))
    if len(regions) != 1:
        raise Uninterpretable(f"the portal's page names {len(regions)} Regions")
    return regions.pop()


def _portal_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"portal": PORTAL.ref(scope)}


PORTAL = _Kind(
    "portal",
    "access portal",
    source=Fetch("portal:/{key}"),
    settings=(
        Setting(
            "region",
            Text(examples=("eu-west-1", "us-west-2")),
            "The access portal of this name answers, and tells this Region. By itself this shows that some Identity "
            "Center of that Region has the name; the form of the page is not documented.",
            view=_region,
            reads=_portal_reads,
            breaks=(Break("portal", "=", '<html><head><meta name="region" content="eu-west-1"></head></html>'),),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Dashboard > AWS access portal URL",
        ),
    ),
)


def _host(event: Event) -> str:
    """Where a person was sent after signing in."""
    return urlsplit(str(event.record["additionalEventData"].get("LoginTo"))).hostname or ""


def _owner(seen: Seen) -> Json:
    """Whose portal it is, by its name alone or by where people went when they had signed in."""
    name, store = seen.scope.slots["portal"], str(seen.documents["instance"]["IdentityStoreId"])
    if STORE.fullmatch(name):
        return concluded("this" if name == store else "another", because=f"the identity store is {store}")
    must_be_here(seen)
    hosts = [(event.time, HOST.fullmatch(_host(event))) for event in sign_ins(seen)]
    aliases = [(moment, host[1]) for moment, host in hosts if host and not STORE.fullmatch(host[1])]
    if not aliases:
        raise Uninterpretable("nobody whose sign-in is among the newest went to a portal by its alias")
    # An instance has one alias, which can be set once.
    moment, alias = aliases[-1]
    because = f"after signing in on {moment:%Y-%m-%d %H:%M} UTC somebody went to {alias}"
    return concluded("this" if alias == name else "another", because=because)


def _owner_reads(scope: Scope) -> Mapping[str, Ref]:
    return {"instance": INSTANCE.ref(scope), "sign-ins": SIGN_INS.ref(scope)}


OWNER = _Kind(
    "portal-owner",
    "owner of the access portal",
    settings=(
        Setting(
            "instance",
            Concluded(Choice({"this": "this", "another": "another"})),
            "Whether the access portal is this Identity Center's. The identity store's id names its own; an alias is "
            "concluded from where people went when they had signed in (LoginTo of the newest sign-ins in CloudTrail).",
            view=_owner,
            reads=_owner_reads,
            breaks=(Break("sign-ins", "+", signed_in("EXTERNAL_IDP", "https://elsewhere.awsapps.com/start")),),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Dashboard > AWS access portal URL",
        ),
    ),
)

KINDS = (PORTAL, OWNER)
