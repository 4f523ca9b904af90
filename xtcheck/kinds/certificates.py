"""The signing certificates of a SAML app, as its service principal and the federation metadata show them.

Graph: keyCredential. Each certificate is a pair of credentials, Sign (private) and Verify (public), that share a
customKeyIdentifier: decoded, it is the certificate's SHA-1 thumbprint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

from xtcheck.errors import NotThere, Uninterpretable

Json = Any

_METADATA = "{urn:oasis:names:tc:SAML:2.0:metadata}"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The public half of one certificate; its thumbprint in upper-case hexadecimal digits."""

    thumbprint: str
    begins: datetime
    ends: datetime

    def valid(self, now: datetime) -> bool:
        """Whether its time has come and not gone."""
        return self.begins <= now < self.ends

    def __str__(self) -> str:
        return f"{self.thumbprint} ({self.begins:%Y-%m-%d} to {self.ends:%Y-%m-%d})"


def certificates(app: Json) -> list[Certificate]:
    """The public halves.

    :raises Uninterpretable: a credential has another shape than documented.
    """
    credentials = app["keyCredentials"]
    if not isinstance(credentials, list):
        raise Uninterpretable("keyCredentials is not a list")
    return [_certificate(key) for key in credentials if key["usage"] == "Verify"]


def _certificate(key: Json) -> Certificate:
    try:
        thumbprint = base64.b64decode(str(key["customKeyIdentifier"]), validate=True).hex().upper()
    except (binascii.Error, ValueError) as error:
        raise Uninterpretable("a certificate's customKeyIdentifier is no thumbprint") from error
    return Certificate(thumbprint, _time(key["startDateTime"]), _time(key["endDateTime"]))


def _time(text: Json) -> datetime:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Uninterpretable(f"a certificate's time is {str(text)[:40]!r}") from error
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def preferred(app: Json) -> str:
    """The thumbprint of the active certificate.

    :raises Uninterpretable: none is set: then Entra picks one itself, which the API does not show.
    """
    thumbprint = app["preferredTokenSigningKeyThumbprint"]
    if not isinstance(thumbprint, str) or not thumbprint:
        raise Uninterpretable("no preferred signing certificate is set, so which one signs is not shown")
    return normal(thumbprint)


def active(app: Json) -> Certificate:
    """The certificate that signs.

    :raises Uninterpretable: which one it is cannot be told.
    """
    wanted = preferred(app)
    found = [certificate for certificate in certificates(app) if certificate.thumbprint == wanted]
    if len(found) != 1:
        raise Uninterpretable(f"{len(found)} certificates have the preferred thumbprint {wanted[:40]}")
    return found[0]


def days_left(app: Json, now: datetime) -> int:
    """Whole days until the active certificate ends; one that has ended counts no days, and neither does none at all.

    :raises NotThere: it is not valid yet.
    """
    if not app["preferredTokenSigningKeyThumbprint"] and not certificates(app):
        return 0
    signing = active(app)
    if now < signing.begins:
        begins = signing.begins.astimezone(UTC)
        raise NotThere(f"the active certificate {signing.thumbprint} is valid only from {begins:%Y-%m-%d %H:%M} UTC")
    return max(0, (signing.ends - now) // timedelta(days=1))


def normal(thumbprint: str) -> str:
    """A thumbprint however it is written: certificate tools put colons or blanks in it, and use small letters."""
    return re.sub(r"[\s:]", "", thumbprint).upper()


def published(metadata: str) -> list[str]:
    """The thumbprints of the certificates with which a SAML metadata document says that its identity provider signs.

    :raises Uninterpretable: it is no such document. One with a document type is not read at all: metadata has none, and
        entities are how XML attacks its reader.
    """
    text = metadata.lstrip("\ufeff")  # Microsoft's begins with a byte order mark
    if "<!DOCTYPE" in text.upper() or "<!ENTITY" in text.upper():
        raise Uninterpretable("the metadata document has a document type, which SAML metadata never has")
    try:
        root = ET.fromstring(text)  # noqa: S314  # entities are refused above
    except ET.ParseError as error:
        raise Uninterpretable(f"the metadata is no XML ({error})") from error
    keys = root.findall(f"{_METADATA}IDPSSODescriptor/{_METADATA}KeyDescriptor")
    if not keys:
        raise Uninterpretable("the metadata has no key of an identity provider")
    signing = [key for key in keys if key.get("use") in (None, "signing")]
    found = (text for key in signing for text in key.findall(f".//{_SIGNATURE}X509Certificate"))
    return [_thumbprint(certificate.text or "") for certificate in found]


def _thumbprint(text: str) -> str:
    try:
        der = base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Uninterpretable("a certificate in the metadata is not base64") from error
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()
