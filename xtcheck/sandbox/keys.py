"""The sandbox's own keys and certificates, made once in a process because making RSA keys is slow."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True)
class Certificate:
    """A self-signed certificate: its DER bytes and what the services print of them."""

    der: bytes
    subject: str
    begins: datetime
    ends: datetime

    @property
    def sha1(self) -> bytes:
        """The thumbprint's bytes: ``x5t`` and ``customKeyIdentifier`` are made of them."""
        return hashlib.sha1(self.der, usedforsecurity=False).digest()

    @property
    def thumbprint(self) -> str:
        """40 upper-case hexadecimal digits."""
        return self.sha1.hex().upper()

    @property
    def base64(self) -> str:
        """The DER bytes as metadata and key credentials carry them."""
        return base64.b64encode(self.der).decode()


@cache
def key(purpose: str) -> rsa.RSAPrivateKey:
    """The private key of a purpose: ``issuer`` signs tokens, ``client`` proves who a client is."""
    del purpose
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(purpose: str, common_name: str, days: int = 1095) -> Certificate:
    """A certificate over the key of a purpose; it began an hour ago and ends after ``days``."""
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
    return fresh_certificate(purpose, common_name, begins, begins + timedelta(days=days))


def fresh_certificate(purpose: str, common_name: str, begins: datetime, ends: datetime) -> Certificate:
    """Another certificate over the key of a purpose, unlike any before it."""
    private = key(purpose)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(private, hashes.SHA256())
    )
    return Certificate(made.public_bytes(serialization.Encoding.DER), f"CN={common_name}", begins, ends)


@cache
def signing_certificate(days: int = 1095) -> Certificate:
    """The certificate that an enterprise app signs with: always the same, so that a policy can name its thumbprint.

    Nobody has its private half: no assertion is ever signed here. It is printed as the three years that Entra gives,
    from the day before Identity Center was given it (see ``aws.events.set_up``).
    """
    known = json.loads(
        resources.files("xtcheck.sandbox.graph").joinpath("data", "signing_certificate.json").read_text()
    )
    begins = datetime.now(UTC).replace(microsecond=0) - timedelta(days=31)
    return Certificate(base64.b64decode(known["der"]), known["subject"], begins, begins + timedelta(days=days))


def pem(purpose: str, certificate: Certificate) -> bytes:
    """Private key and certificate in one PEM text, as azure-identity reads it."""
    private = key(purpose).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = x509.load_der_x509_certificate(certificate.der).public_bytes(serialization.Encoding.PEM)
    return private + public
