"""How a tenant or an AWS entry is reached and with which credential; a secret is named, and read only to be used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from xtcheck.errors import XtcheckError


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by where it stands: an environment variable, or a file (of the sandbox: private and short-lived)."""

    env: str = ""
    file: str = ""

    def reveal(self) -> str:
        """The secret itself.

        :raises XtcheckError: the variable is not set, or the file cannot be read.
        """
        if self.file:
            try:
                with open(self.file, encoding="utf-8") as stream:  # noqa: PTH123  # one read, no path arithmetic
                    return stream.read().strip()
            except OSError as error:
                raise XtcheckError(f"cannot read the secret in {self.file}: {error.strerror}") from error
        value = os.environ.get(self.env, "")
        if not value:
            raise XtcheckError(f"the environment variable {self.env} is not set; it must hold the secret")
        return value

    def __str__(self) -> str:
        return f"${{env.{self.env}}}" if self.env else self.file


EntraCredentialType = Literal[
    "default", "client-secret", "certificate", "workload-identity", "managed-identity", "azure-cli"
]


@dataclass(frozen=True, slots=True)
class EntraCredential:
    """One of azure-identity's credentials. Fields that a type does not use are empty."""

    type: EntraCredentialType = "default"
    client_id: str = ""
    secret: Secret | None = None
    certificate: str = ""
    password: Secret | None = None
    token_file: str = ""


@dataclass(frozen=True, slots=True)
class AwsCredential:
    """boto3's default chain, a named profile, a role to assume on top of it, or keys."""

    profile: str = ""
    role_arn: str = ""
    external_id: Secret | None = None
    access_key_id: Secret | None = None
    secret_access_key: Secret | None = None
    session_token: Secret | None = None


GRAPH = {
    "public": "https://graph.microsoft.com",
    "us-gov": "https://graph.microsoft.us",
    "us-gov-dod": "https://dod-graph.microsoft.us",
    "china": "https://microsoftgraph.chinacloudapi.cn",
}
LOGIN = {
    "public": "https://login.microsoftonline.com",
    "us-gov": "https://login.microsoftonline.us",
    "us-gov-dod": "https://login.microsoftonline.us",
    "china": "https://login.chinacloudapi.cn",
}
"""Roots of the national clouds: learn.microsoft.com/graph/deployments (2026-08)."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One tenant's or AWS entry's way in.

    ``place`` is the alias (``aws-`` before an AWS entry's), ``identity`` the tenant GUID or AWS account that whoever
    answers must turn out to be. ``endpoints`` replaces the service's own URLs; ``ca_bundle`` is the path of a PEM file
    or empty for the system's trust. ``limited`` says whether the limits hold that the vendor documents.
    """

    place: str
    identity: str
    credential: EntraCredential | AwsCredential
    endpoints: Mapping[str, str] = field(default_factory=dict)
    ca_bundle: str = ""
    cloud: str = "public"
    region: str = ""
    scim_token: Secret | None = None
    limited: bool = True

    @property
    def graph(self) -> str:
        """Graph's root URL, without version."""
        return self.endpoints.get("graph", GRAPH[self.cloud]).rstrip("/")

    @property
    def login(self) -> str:
        """The login host's root URL."""
        return self.endpoints.get("login", LOGIN[self.cloud]).rstrip("/")

    def portal(self, name: str) -> str:
        """The start page of the AWS access portal of an alias or an identity store (user guide: AWS access portal).

        Empty in partitions of which the guide gives no address; there ``endpoints`` must say what stands before the
        name.
        """
        if "portal" in self.endpoints:
            return f"{self.endpoints['portal'].rstrip('/')}/{name}/start"
        if self.region.startswith("us-gov-"):
            return f"https://start.us-gov-home.awsapps.com/directory/{name}"
        return "" if self.region.startswith(("cn-", "eusc-", "us-iso")) else f"https://{name}.awsapps.com/start"
