"""The application gallery's two templates, and the synchronization templates that go with them."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources

from xtcheck.sandbox.wire import Json

CROSS_TENANT = "518e5f48-1fc8-4c48-9387-9fdf28b0dfe7"
"""The gallery application behind a cross-tenant synchronization configuration."""
AWS = "21ed01d2-ec13-4e9e-86c1-cd546719ebc4"
"""The gallery application AWS IAM Identity Center."""
ROLE_USER = "8774f594-1d59-4279-b9d9-59ef09a23530"
ROLE_MSIAM_ACCESS = "e7f1a7f3-9eda-48e0-9963-bd67bf531afd"

SENSITIVE = frozenset({"SecretToken", "Password", "ClientSecret", "ApplicationTemplateSecret"})
"""Secrets that come back as one asterisk."""

GALLERY: dict[str, Json] = {
    identifier: {
        "id": identifier,
        "displayName": name,
        "homePageUrl": page,
        "supportedSingleSignOnModes": modes,
        "supportedProvisioningTypes": ["sync"],
        "logoUrl": None,
        "categories": categories,
        "publisher": publisher,
        "description": None,
    }
    for identifier, name, page, modes, categories, publisher in (
        (CROSS_TENANT, "Azure AD Cross-Tenant Synchronization", "https://portal.azure.com", [], ["IdentityManagement"],
         "Microsoft"),
        (AWS, "AWS IAM Identity Center (successor to AWS Single Sign-On)", "https://aws.amazon.com/iam/identity-center/",
         ["saml", "external"], ["developerServices"], "Amazon Web Services, Inc."),
    )
}  # fmt: skip


@cache
def _text(name: str) -> str:
    return resources.files(__package__).joinpath("data", name).read_text("utf-8")


def synchronization_template(name: str) -> Json:
    """A fresh copy of a synchronization template, with its schema: ``Azure2Azure`` or ``aWSSingleSignon``."""
    return json.loads(_text(f"{name}.json"))


def of_application(template_id: str | None) -> list[Json]:
    """The synchronization templates of a gallery application's service principal."""
    match template_id:
        case str() if template_id == CROSS_TENANT:
            return [synchronization_template("Azure2Azure")]
        case str() if template_id == AWS:
            return [synchronization_template("aWSSingleSignon")]
    return []
