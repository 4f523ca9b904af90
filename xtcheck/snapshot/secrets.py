"""What is never kept: the services mask secrets themselves; should one of them not, it is masked here.

Graph's ``synchronizationSecret`` names the keys; values that are secret come back as one asterisk.
"""

from __future__ import annotations

from typing import Any

Json = Any

MASK = "*"
KEYS = frozenset(
    {
        "AppKey", "ClientSecret", "ConnectionString", "ConsumerSecret", "Oauth2AccessToken", "Oauth2AuthorizationCode",
        "Oauth2ClientSecret", "Oauth2RefreshToken", "Password", "SecretToken", "SyncAgentCompatibilityKey", "TokenKey",
    }
)  # fmt: skip
"""Keys of pairs ``{key, value}`` whose value is a secret."""
FIELDS = frozenset({"secretText", "access_token", "refresh_token", "client_secret", "SecretAccessKey", "SessionToken"})
"""Fields whose text is a secret."""


def without_secrets(document: Json) -> Json:
    """A document with an asterisk for each secret; the very same when there is none."""
    match document:
        case list():
            found = [without_secrets(item) for item in document]
            same = all(new is old for new, old in zip(found, document, strict=True))
            return document if same else found
        case dict():
            return _of_object(document)
    return document


def _of_object(document: dict[str, Json]) -> Json:
    changed = {name: new for name, value in document.items() if (new := without_secrets(value)) is not value}
    secret = {name for name in FIELDS & document.keys() if document[name]}
    if document.get("key") in KEYS and document.get("value"):
        secret.add("value")
    masked = {name: MASK for name in secret if document[name] != MASK}
    return {**document, **changed, **masked} if changed or masked else document
