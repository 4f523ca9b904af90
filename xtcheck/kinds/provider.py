"""The external identity provider as AWS has it, which no public API shows: concluded from what CloudTrail recorded.

The newest sign counts, and no sign is no knowledge: then a person's dated word may stand in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.application import APP
from xtcheck.kinds.center import AREA, CONSOLE
from xtcheck.kinds.certificates import Certificate, active, certificates
from xtcheck.kinds.trail import (
    DIRECTORY_SOURCE,
    HISTORY,
    SIGN_INS,
    Event,
    changes,
    happened,
    latest,
    must_be_here,
    named,
    sign_ins,
    signed_in,
)
from xtcheck.model import Break, Grade, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Choice, Concluded, Findings, concluded

Json = Any

ENABLED, DISABLED = "EnableExternalIdPConfigurationForDirectory", "DisableExternalIdPConfigurationForDirectory"
CREATED = "CreateExternalIdPConfigurationForDirectory"
REPLACED = ("AssociateDirectory", "DisassociateDirectory")
IMPORTED, DELETED = "ImportExternalIdPCertificate", "DeleteExternalIdPCertificate"
MFA_CHANGED = "PutMfaDeviceManagementForDirectory"
EXTERNAL, DIRECTORY, ACTIVE_DIRECTORY = "external-provider", "identity-center-directory", "active-directory"
SOURCES = (EXTERNAL, DIRECTORY, ACTIVE_DIRECTORY)
CREDENTIALS = {
    "EXTERNAL_IDP": (EXTERNAL,),
    "EMAIL_OTP": (DIRECTORY,),
    "PASSWORD": (DIRECTORY, ACTIVE_DIRECTORY),
    "TOTP": (DIRECTORY, ACTIVE_DIRECTORY),
    "RESYNC_TOTP": (DIRECTORY, ACTIVE_DIRECTORY),
    "WEBAUTHN": (DIRECTORY, ACTIVE_DIRECTORY),
}
"""Which identity source a person signs in from, by CredentialType (user guide: understanding-sign-in-events)."""
SECOND_FACTORS = frozenset({"TOTP", "RESYNC_TOTP", "WEBAUTHN"})

_Kind = partial(Kind, home="aws", subject="aws", area=AREA, place="identity-center", label="identity-center")


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign of where people come from: when, which identity sources it leaves, and what it was."""

    event: Event
    among: tuple[str, ...]
    text: str


def credentials(event: Event) -> list[str]:
    """By what a person signed in.

    :raises Uninterpretable: a word that the user guide does not have.
    """
    words = str(event.record["additionalEventData"]["CredentialType"]).split(",")
    unknown = [word for word in words if word not in CREDENTIALS]
    if unknown:
        raise Uninterpretable(f"somebody signed in by {unknown[0][:40]!r}; known are {', '.join(CREDENTIALS)}")
    return words


def external_sign_ins(seen: Seen) -> list[Event]:
    """Those by an external identity provider."""
    return [event for event in sign_ins(seen) if "EXTERNAL_IDP" in credentials(event)]


def _signs(seen: Seen) -> Iterator[Sign]:
    for event in sign_ins(seen)[-1:]:
        words = credentials(event)
        among = tuple(source for source in SOURCES if all(source in CREDENTIALS[word] for word in words))
        yield Sign(event, among, f"the last sign-in, on {event.time:%Y-%m-%d %H:%M} UTC, was by {', '.join(words)}")
    for name, among in ((ENABLED, (EXTERNAL,)), (DISABLED, (DIRECTORY, ACTIVE_DIRECTORY))):
        for event in changes(seen, name)[-1:]:
            yield Sign(event, among, f"the last change was {event}")
    for event in changes(seen, *REPLACED)[-1:]:
        yield Sign(event, SOURCES, f"the last change was {event}; to what, CloudTrail's documentation does not say")


def _source(seen: Seen) -> Json:
    """Where people come from, by the newest sign; of several at the same moment, by all of them.

    :raises Uninterpretable: there is none within 90 days, or it is not understood.
    """
    must_be_here(seen)
    signs = list(_signs(seen))
    if not signs:
        raise Uninterpretable("within 90 days nobody signed in, and nobody changed the identity source")
    newest = max(sign.event.time for sign in signs)
    last = [sign for sign in signs if sign.event.time == newest]
    among = [source for source in SOURCES if any(source in sign.among for sign in last)]
    if not among:
        raise Uninterpretable(f"no identity source fits: {last[0].text}")
    return concluded(*among, because="; ".join(sign.text for sign in last), since=newest)


def _source_reads(scope: Scope) -> Mapping[str, Ref]:
    return {**named(scope, ENABLED, DISABLED, *REPLACED), "sign-ins": SIGN_INS.ref(scope)}


_SWITCHED_OFF = Break(DISABLED, "+", happened(DIRECTORY_SOURCE, DISABLED))

IDENTITY_SOURCE = _Kind(
    "identity-source",
    "identity source",
    settings=(
        Setting(
            "identity-source",
            Concluded(Choice({word: word for word in SOURCES})),
            "Where Identity Center takes its people from. No public API shows it: it is concluded from the newest "
            "sign in CloudTrail, a sign-in (its CredentialType), or the external identity provider being enabled or "
            "disabled. After another change of the directory, and when there was neither within 90 days, it is "
            "unknown, and a person's word of later date may stand in. It tells an external provider, not which one.",
            view=_source,
            reads=_source_reads,
            breaks=(
                _SWITCHED_OFF,
                Break("sign-ins", "+", signed_in("PASSWORD")),
                Break("sign-ins", "+", signed_in("PASSWORD,TOTP")),
            ),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.BLOCKER,
            remedy=f"{CONSOLE} > Settings > Identity source",
        ),
    ),
)


def _certificate(seen: Seen) -> list[str]:
    must_be_here(seen)
    app = seen.documents["aws-app"]
    if app is None:
        raise Uninterpretable("there is no enterprise app whose certificate it could have")
    signing = active(app)
    # Metadata of an identity provider is refused without a certificate, so that a new configuration brings one.
    imported = latest(seen, IMPORTED, CREATED)
    if imported and imported < signing.begins:
        text = f"the certificate that signs is {signing}, made after the last import into Identity Center"
        return [f"{text} ({imported:%Y-%m-%d})"]
    confirmed = imported or _sign_in_by(signing, app, seen)
    deleted = latest(seen, DELETED)
    used = [event.time for event in external_sign_ins(seen)]
    if deleted and deleted > confirmed and not (used and used[-1] > deleted):
        text = (
            f"a certificate was deleted in Identity Center on {deleted:%Y-%m-%d}; which one, CloudTrail does not tell"
        )
        raise Uninterpretable(f"{text}, and nobody signed in since", since=deleted)
    return []


def _sign_in_by(signing: Certificate, app: Json, seen: Seen) -> Json:
    """When somebody last signed in by this very certificate, with no import within 90 days.

    :raises Uninterpretable: it cannot be told that it was this one.
    """
    if signing.begins > seen.now - HISTORY:
        text = f"the certificate that signs is {signing}; no import into Identity Center was recorded since"
        raise Uninterpretable(text, since=signing.begins)
    found = external_sign_ins(seen)
    if not found:
        raise Uninterpretable("within 90 days no certificate was imported, and nobody signed in")
    moment = found[-1].time
    others = [each for each in certificates(app) if each.thumbprint != signing.thumbprint and each.valid(moment)]
    if others or not signing.valid(moment):
        raise Uninterpretable(
            f"within 90 days no certificate was imported, and which one signed on {moment:%Y-%m-%d} is not told"
        )
    return moment


def _certificate_reads(scope: Scope) -> Mapping[str, Ref]:
    names = named(scope, IMPORTED, CREATED, DELETED)
    return {"aws-app": APP.ref(scope), **names, "sign-ins": SIGN_INS.ref(scope)}


CERTIFICATE = _Kind(
    "identity-provider-certificate",
    "identity provider's certificate in Identity Center",
    settings=(
        Setting(
            "identity-provider-certificate",
            Findings("imported"),
            "Identity Center was given the certificate that signs the enterprise app's assertions. No API shows what "
            "it has: it is concluded when CloudTrail has an import after the certificate was made, or, for one that "
            "is older than 90 days and was the app's only one, when somebody signed in by an external provider. That "
            "the import was of this certificate, and the sign-in by this app, is not told; nor when a certificate "
            "became the active one. A certificate made after the last import is drift.",
            view=_certificate,
            reads=_certificate_reads,
            breaks=(Break("aws-app", "keyCredentials[usage=Verify].startDateTime", "2098-01-01T00:00:00Z"),),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Identity source > Actions > Manage authentication > Manage certificates",
        ),
    ),
)


BY_PROVIDER = "by-identity-provider"
PROMPTS = {"always-on": False, "context-aware": None, "disabled": True}
"""The console's words for when Identity Center itself asks for a second factor, and the sign-in that contradicts each:
with a second factor (True), or without."""


def _mfa(seen: Seen) -> Json:
    source = _source(seen)
    if source["among"] == [EXTERNAL]:
        return concluded(BY_PROVIDER, because=source["because"])
    if EXTERNAL in source["among"]:
        raise Uninterpretable(f"the identity source is not known: {source['because']}")
    changed = latest(seen, MFA_CHANGED)
    words = [set(credentials(event)) for event in sign_ins(seen) if changed is None or event.time > changed]
    asked = {bool(each & SECOND_FACTORS) for each in words if "PASSWORD" in each}
    # A sign-in by password alone is also what somebody without a device may do; then always-on does not hold either.
    left = [prompt for prompt, contradicted in PROMPTS.items() if contradicted not in asked]
    return concluded(*left, because=f"{source['because']}; the setting itself is shown nowhere", since=changed)


def _mfa_reads(scope: Scope) -> Mapping[str, Ref]:
    return {**_source_reads(scope), **named(scope, MFA_CHANGED)}


MFA = _Kind(
    "mfa",
    "multi-factor authentication in Identity Center",
    settings=(
        Setting(
            "mfa",
            Concluded(Choice({word: word for word in (BY_PROVIDER, *PROMPTS)})),
            "Who asks for a second factor, and when. Under an external identity provider it is the provider alone: "
            "Identity Center's own setting is not used, so look at Conditional Access in Entra. Otherwise no API shows "
            "the setting; sign-ins in CloudTrail can contradict it, and a person's word must be later than its last "
            "change.",
            view=_mfa,
            reads=_mfa_reads,
            breaks=(_SWITCHED_OFF, Break("sign-ins", "+", signed_in("PASSWORD"))),
            grade=Grade.INFERRED,
            attestable=True,
            severity=Severity.CRITICAL,
            remedy=f"{CONSOLE} > Settings > Authentication > Multi-factor authentication",
        ),
    ),
)

KINDS = (IDENTITY_SOURCE, CERTIFICATE, MFA)
