"""Which words of a world, a config and policies name somebody: people, groups, organizations, and their domains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xtcheck.model import Answered
from xtcheck.snapshot import vocabulary
from xtcheck.tables import Table

if TYPE_CHECKING:
    from xtcheck.world import World

Json = Any

TOKEN = re.compile(r"[A-Za-z0-9]+|[^\W\d_a-zA-Z]+")
MAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@(?:[\w-]+\.)+[A-Za-z][\w-]+")
PORTAL = re.compile(r"([\w-]+)\.awsapps\.com")

PERSONAL = frozenset(
    {
        "userPrincipalName", "mail", "mailNickname", "givenName", "surname", "otherMails", "proxyAddresses",
        "issuerAssignedId", "employeeId", "mobilePhone", "businessPhones", "streetAddress", "principalDisplayName",
        "defaultDomainName", "federationBrandName", "initialDomainName", "technicalNotificationMails", "accountName",
        "UserName", "Name", "NickName", "ProfileUrl", "Emails", "PhoneNumbers", "Addresses", "Photos", "Birthdate",
        "MasterAccountEmail", "Email", "ExternalIds", "verifiedDomains", "Username", "userName", "principalId",
    }
)  # fmt: skip
"""Fields that say who somebody is, with all that is in them; ``Name`` only of people, who have it as an object."""
CALLED = frozenset({"displayName", "DisplayName"})
"""What everything is called: people, groups and tenants, but also apps and policies."""
WHO = frozenset(
    {
        "userPrincipalName", "mail", "groupTypes", "membershipRule", "verifiedDomains", "tenantId", "UserId", "GroupId",
        "UserName",
    }
)  # fmt: skip
"""What shows that an item is a person, a group or a tenant."""
NESTED = frozenset({"CloudTrailEvent"})
"""Fields whose text is a document of its own."""
PLAIN = frozenset({"Type", "Primary", "Issuer", "capabilities", "isDefault", "isInitial", "type", "Country"})
"""What says nothing of anybody inside such fields."""

PEOPLE = frozenset({"members", "users", "groups", "assigned", "user", "group", "by", "owner", "notifications"})
"""Keys of policies under which names stand."""
SLOTS = frozenset({"groups", "access"})
"""Keys of policies whose own keys are names."""


def named(world: World, estate: Json, policies: Iterable[Json]) -> frozenset[str]:
    """The words, in small letters, that are to be replaced.

    :param estate: who is declared, as a manifest has it.
    :param policies: each document of each policy as plain JSON, every scalar a text.
    """
    found: set[str] = set()
    fields: set[str] = set()
    looked_through: set[Path] = set()
    for answer in world.answers.values():
        if isinstance(answer, Answered):
            for document in _documents(answer.document, looked_through):
                for text in _of_document(document, fields):
                    found.update(_words(text))
    for text in (*_of_estate(estate), *(text for document in policies for text in _of_policy(document))):
        found.update(_words(text))
    return frozenset(found - vocabulary.words() - fields)


def _documents(document: Json, looked_through: set[Path]) -> Iterator[Json]:
    """The document itself; of a table, which may answer several requests, every row once."""
    if not isinstance(document, Table):
        yield document
    elif document.path not in looked_through:
        looked_through.add(document.path)
        yield from document.documents()


def _words(text: str) -> Iterator[str]:
    """What is worth replacing: no single letter or figure, no figures alone unless long, no abbreviation of two.

    Countries and Regions are such abbreviations, and have a form that a policy's value must keep.
    """
    for token in TOKEN.findall(text):
        long_enough = len(token) > 2 or (len(token) == 2 and token != token.upper())
        if long_enough and (not token.isdecimal() or 5 <= len(token) != 12):
            yield token.casefold()


def _of_document(value: Json, fields: set[str], *, whole: bool = False) -> Iterator[str]:
    """The texts of a document that name somebody; ``fields`` learns what its fields are called."""
    match value:
        case str():
            yield from (_sayings(value) if whole else _addresses(value))
        case list():
            for item in value:
                yield from _of_document(item, fields, whole=whole)
        case dict():
            somebody = not WHO.isdisjoint(value)
            for field, below in value.items():
                fields.add(field.casefold())
                inside = (whole and field not in PLAIN) or _is_personal(field, below, somebody=somebody)
                yield from _of_document(_opened(below) if field in NESTED else below, fields, whole=inside)


def _opened(text: Json) -> Json:
    """The document in a text; the text itself when it is none."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _is_personal(field: str, value: Json, *, somebody: bool) -> bool:
    if field == "Name":
        return isinstance(value, dict)
    return field in PERSONAL or (field in CALLED and somebody)


def _sayings(text: str) -> Iterator[str]:
    """A name; of a name that is a domain or an address, all but its public end."""
    domain = re.fullmatch(r"(?:[\w-]+\.)+[A-Za-z][\w-]+", text)
    if domain:
        yield text.rpartition(".")[0]
    elif "@" in text:
        yield from _addresses(text)
        yield text.partition("@")[0]
    else:
        yield text


def _addresses(text: str) -> Iterator[str]:
    """The e-mail addresses and portals in any text."""
    for address in MAIL.findall(text) if "@" in text else ():
        yield address.rpartition(".")[0]
    yield from PORTAL.findall(text)


def _of_estate(estate: Json) -> Iterator[str]:
    for tenant in estate["tenants"].values():
        yield tenant["label"]


def _of_policy(value: Json, *, people: bool = False) -> Iterator[str]:
    match value:
        case str():
            yield from (_sayings(value) if people else _addresses(value))
        case list():
            for item in value:
                yield from _of_policy(item, people=people)
        case Mapping():
            for key, below in value.items():
                if isinstance(below, Mapping) and key in SLOTS:
                    yield from (text for name in below for text in _sayings(name))
                yield from _addresses(key)
                inside = key in PEOPLE and not (isinstance(below, Mapping) and key in SLOTS and not _is_list(below))
                yield from _of_policy(below, people=inside or (people and key in ("expect", "includes")))


def _is_list(value: Mapping[str, Json]) -> bool:
    return "includes" in value or "expect" in value
