"""The login host: metadata documents, the token endpoint of client credentials, and the federation metadata."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

from xtcheck.sandbox.log import current
from xtcheck.sandbox.state import State
from xtcheck.sandbox.tokens import FEDERATED_AUDIENCE, KEY_ID, LIFETIME, access_token, graph_audiences
from xtcheck.sandbox.wire import Json, Request, Response

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


CLOCK_TOLERANCE = 300
"""Seconds by which clocks may differ: learn.microsoft.com/troubleshoot/entra (AADSTS700024)."""


class Refused(Exception):
    """A token request that is refused, in the words of the Entra error reference (AADSTS codes)."""

    def __init__(self, number: int, error: str, text: str, status: int = 401) -> None:
        super().__init__(text)
        self.number, self.error, self.text, self.status = number, error, text, status


async def handle(request: Request, state: State) -> Response | None:
    """Answer a request to the login host; None for a route that it does not have."""
    if request.path == "/common/discovery/instance":
        return Response.of_json(_instance(request))
    found = re.fullmatch(r"/([^/]+)/(.+)", request.path)
    if found is None:
        return None
    tenant_id, rest = found.groups()
    rest = rest.removeprefix("oauth2/") if rest.startswith("oauth2/v2.0/.well-known") else rest
    match request.method, rest.lower():
        case "GET", "v2.0/.well-known/openid-configuration" | ".well-known/openid-configuration":
            return Response.of_json(_configuration(request, state, tenant_id))
        case "GET", "discovery/v2.0/keys" | "discovery/keys":
            return Response.of_json(_keys())
        case "POST", "oauth2/v2.0/token":
            return _token(request, state, tenant_id)
        case "GET", "federationmetadata/2007-06/federationmetadata.xml":
            return _federation(request, state, tenant_id)
    return None


def _instance(request: Request) -> Json:
    host = request.base.removeprefix("https://")
    metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
    tenant = f"{request.base}/common/v2.0/.well-known/openid-configuration"
    return {"tenant_discovery_endpoint": tenant, "api-version": "1.1", "metadata": metadata}


def _configuration(request: Request, state: State, tenant_id: str) -> Json:
    found = state.tenant(tenant_id)
    own = found[1]["id"] if found else tenant_id
    base = f"{request.base}/{own}"
    return {
        "token_endpoint": f"{base}/oauth2/v2.0/token",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": f"{base}/discovery/v2.0/keys",
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": f"{base}/v2.0",
        "request_uri_parameter_supported": False,
        "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
        "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
        "tenant_region_scope": "NA",
        "cloud_instance_name": "microsoftonline.com",
    }


def _keys() -> Json:
    import jwt  # heavy, and the world may need no keys

    from xtcheck.sandbox.keys import key

    public: dict[str, Json] = jwt.algorithms.RSAAlgorithm.to_jwk(key("issuer").public_key(), as_dict=True)
    return {"keys": [public | {"use": "sig", "kid": KEY_ID, "alg": "RS256"}]}


def _token(request: Request, state: State, tenant_id: str) -> Response:
    form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
    try:
        document = _grant(request, state, tenant_id, form)
    except Refused as refused:
        return _refusal(refused)
    return Response.of_json(document)


def _refusal(refused: Refused) -> Response:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    text = f"AADSTS{refused.number}: {refused.text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {now}"
    document = {
        "error": refused.error,
        "error_description": text,
        "error_codes": [refused.number],
        "timestamp": now,
        "trace_id": trace,
        "correlation_id": correlation,
        "error_uri": f"https://login.microsoftonline.com/error?code={refused.number}",
    }
    return Response.of_json(document, refused.status)


def _grant(request: Request, state: State, tenant_id: str, form: dict[str, str]) -> Json:
    found = state.tenant(tenant_id)
    if found is None:
        text = f"Tenant '{tenant_id}' not found. Check to make sure you have the correct tenant ID."
        raise Refused(90002, "invalid_request", text, 400)
    if form.get("grant_type") != "client_credentials":
        raise Refused(70003, "unsupported_grant_type", "The app requested an unsupported grant type.", 400)
    _, tenant = found
    app_id = form.get("client_id", "").lower()
    client = tenant["clients"].get(app_id)
    if client is None:
        name = tenant["organization"]["displayName"]
        text = f"Application with identifier '{app_id}' was not found in the directory '{name}'."
        raise Refused(700016, "unauthorized_client", text, 400)
    scope = form.get("scope", "")
    audience = scope.removesuffix("/.default").rstrip("/")
    if not scope.endswith("/.default"):
        text = "Client credential flows must have a scope value with /.default suffixed to the resource identifier."
        raise Refused(1002012, "invalid_scope", text, 400)
    if audience not in graph_audiences(request.base):
        text = f"The resource principal named {audience} was not found in the tenant."
        raise Refused(500011, "invalid_resource", text, 400)
    _authenticate(client, app_id, tenant["id"], form, request)
    token = _access_token(current.get().facts.get("by-service", {}), state, tenant, app_id, audience)
    return {"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME, "access_token": token}


def _access_token(fault: Json, state: State, tenant: Json, app_id: str, audience: str) -> str:
    """The token, or what a fault makes of it; the reply around it says nothing of that."""
    other = state.tree["tenants"].get(fault.get("tid"))
    begins, lifetime = -300, fault.get("lifetime", LIFETIME)
    if fault.get("expired"):
        begins, lifetime = -7200, -3600
    if fault.get("not-yet-valid"):
        begins, lifetime = 3600, 7200
    return access_token(
        tenant_id=other["id"] if other else fault.get("tid", tenant["id"]),
        app_id=app_id,
        audience=fault.get("audience", audience),
        roles=tenant["clients"][app_id]["roles"],
        begins=begins,
        lifetime=lifetime,
    )


def _authenticate(client: Json, app_id: str, tenant_id: str, form: dict[str, str], request: Request) -> None:
    secret, assertion = form.get("client_secret"), form.get("client_assertion")
    if assertion is not None:
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            raise Refused(50027, "invalid_request", "The client assertion type is not supported.", 400)
        _check_assertion(client, app_id, tenant_id, assertion, request)
        return
    if secret is None:
        text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
        raise Refused(7000218, "invalid_client", text)
    if secret in client.get("expired-secrets", ()):
        text = f"The provided client secret keys for app '{app_id}' are expired."
        raise Refused(7000222, "invalid_client", text)
    if secret != client["secret"]:
        text = (
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{app_id}'."
        )
        raise Refused(7000215, "invalid_client", text)


def _check_assertion(client: Json, app_id: str, tenant_id: str, assertion: str, request: Request) -> None:
    import jwt

    late = "Client assertion is not within its valid time range."
    if abs(current.get().facts.get("by-service", {}).get("skew", 0)) > CLOCK_TOLERANCE:
        raise Refused(700024, "invalid_client", late)
    try:
        header = jwt.get_unverified_header(assertion)
        if "x5t" in header or "x5t#S256" in header:
            _check_certificate(client, app_id, assertion, header, _token_urls(request, tenant_id))
        else:
            _check_federated(client, app_id, assertion)
    except jwt.ExpiredSignatureError as error:
        raise Refused(700024, "invalid_client", late) from error
    except jwt.PyJWTError as error:
        text = f"Client assertion contains an invalid signature. [Reason - {error}]"
        raise Refused(700027, "invalid_client", text) from error


def _token_urls(request: Request, tenant_id: str) -> list[str]:
    own = f"{request.base}/{tenant_id}"
    return [f"{own}/oauth2/v2.0/token", f"{own}/v2.0", f"{own}/oauth2/token"]


def _check_certificate(client: Json, app_id: str, assertion: str, header: dict[str, Any], urls: list[str]) -> None:
    import base64
    import hashlib

    import jwt
    from cryptography import x509

    for text in client["certificates"].values():
        der = base64.b64decode(text)
        sha1 = base64.urlsafe_b64encode(hashlib.sha1(der, usedforsecurity=False).digest()).decode().rstrip("=")
        sha256 = base64.urlsafe_b64encode(hashlib.sha256(der).digest()).decode().rstrip("=")
        named = header.get("x5t#S256", header.get("x5t", "")).rstrip("=")
        if named not in (sha1, sha256):
            continue
        public: Any = x509.load_der_x509_certificate(der).public_key()
        jwt.decode(
            assertion,
            public,
            algorithms=["RS256", "PS256"],
            audience=urls,
            issuer=app_id,
            options={"require": ["exp", "sub", "iss", "aud"]},
        )
        return
    text = f"The certificate used to sign the client assertion is not registered on application '{app_id}'."
    raise Refused(700027, "invalid_client", text)


def _check_federated(client: Json, app_id: str, assertion: str) -> None:
    import jwt

    from xtcheck.sandbox.keys import key

    public = key("issuer").public_key()
    claims = jwt.decode(assertion, public, algorithms=["RS256"], audience=FEDERATED_AUDIENCE)
    issuer, subject = claims.get("iss"), claims.get("sub")
    if not any(known["issuer"] == issuer for known in client["federated"]):
        text = f"No matching federated identity record found for presented assertion issuer '{issuer}'."
        raise Refused(700211, "invalid_client", text)
    if not any(known == {"issuer": issuer, "subject": subject} for known in client["federated"]):
        text = f"No matching federated identity record found for presented assertion subject '{subject}'."
        raise Refused(700213, "invalid_client", text)
    del app_id


def _federation(request: Request, state: State, tenant_id: str) -> Response:
    """The metadata that AWS is given: signing certificate and addresses; not authenticated.

    https://learn.microsoft.com/entra/identity-platform/federation-metadata
    """
    found = state.tenant(tenant_id)
    if found is None:
        text = f"Tenant '{tenant_id}' not found. Check to make sure you have the correct tenant ID."
        return _refusal(Refused(90002, "invalid_request", text, 400))
    _, tenant = found
    app_id = request.parameter("appid")
    certificates = tenant["signingCertificates"].get((app_id or "default").lower())
    if not certificates:
        name = tenant["organization"]["displayName"]
        text = f"Application with identifier '{app_id}' was not found in the directory '{name}'."
        return _refusal(Refused(700016, "unauthorized_client", text, 400))
    return Response(
        200, _metadata(tenant, certificates, app_id).encode(), {"content-type": "application/xml; charset=utf-8"}
    )


def _metadata(tenant: Json, certificates: dict[str, str], app_id: str | None) -> str:
    principals = [
        principal
        for principal in tenant["servicePrincipals"].values()
        if app_id is not None and principal["appId"].lower() == app_id.lower()
    ]
    preferred = principals[0].get("preferredTokenSigningKeyThumbprint") if principals else None
    active = certificates.get(preferred or "", list(certificates.values())[-1])
    entity = f"https://sts.windows.net/{tenant['id']}/"
    service = f"https://login.microsoftonline.com/{tenant['id']}/saml2"
    bindings = "urn:oasis:names:tc:SAML:2.0:bindings"
    descriptor = (
        '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>'
        f"<X509Certificate>{escape(active)}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>"
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<EntityDescriptor ID="_{uuid.uuid5(uuid.NAMESPACE_URL, entity + active)}" entityID="{entity}" '
        'xmlns="urn:oasis:names:tc:SAML:2.0:metadata">'
        '<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">'
        f"{descriptor}"
        f'<SingleLogoutService Binding="{bindings}:HTTP-Redirect" Location="{service}" />'
        f'<SingleSignOnService Binding="{bindings}:HTTP-Redirect" Location="{service}" />'
        f'<SingleSignOnService Binding="{bindings}:HTTP-POST" Location="{service}" />'
        "</IDPSSODescriptor></EntityDescriptor>"
    )
