"""Credentials as a person names them in a message: never the secret, always where it stands."""

from __future__ import annotations

from xtcheck.connection import AwsCredential, EntraCredential


def describe(credential: EntraCredential | AwsCredential) -> str:
    """The credential's type, whose it is, and where its secret stands."""
    match credential:
        case EntraCredential():
            source = credential.secret or credential.certificate or credential.token_file
            client = f" of application {credential.client_id}" if credential.client_id else ""
            return f"the credential {credential.type}{client}" + (f" from {source}" if source else "")
        case AwsCredential():
            base = _keys(credential)
            return f"{credential.role_arn} (assumed with {base})" if credential.role_arn else base


def _keys(credential: AwsCredential) -> str:
    if credential.access_key_id:
        return f"the keys in {credential.access_key_id} and {credential.secret_access_key}"
    return f"profile {credential.profile}" if credential.profile else "boto3's default credentials"
