"""Why Microsoft Entra ID gave no token, in words that lead to the next step."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xtcheck.clients import network
from xtcheck.clients.naming import describe
from xtcheck.clients.outcome import NoAnswer, one_line
from xtcheck.connection import EntraCredential
from xtcheck.errors import XtcheckError

if TYPE_CHECKING:
    from xtcheck.connection import Connection

_OTHER_CLOUD = (
    "the tenant or the application is of another national cloud than {cloud}",
    "set cloud of {place}, and use an application that is registered in that cloud",
)
REASONS = {
    "7000215": ("the client secret is wrong", "put the secret's value, not its id, where {credential} reads it"),
    "7000222": ("the client secret has expired", "create a new secret and put it where {credential} reads it"),
    "700016": ("the tenant does not know the application", "register it or grant admin consent in {place}"),
    "90002": ("there is no tenant with this id in the cloud {cloud}", "correct id or cloud of {place}"),
    "900023": ("there is no tenant with this id in the cloud {cloud}", "correct id or cloud of {place}"),
    **dict.fromkeys(("900382", "900432", "900439"), _OTHER_CLOUD),
    "700027": ("the certificate is not registered for the application", "upload its public part in {place}"),
    "7000112": ("the application is disabled", "enable it in {place}"),
    "700024": ("the assertion is not valid at this time", "renew the token file; check this computer's clock"),
    "70021": ("no federated identity credential matches the token", "add its issuer and subject in {place}"),
    "700211": ("no federated identity credential matches the token's issuer", "add the issuer in {place}"),
    "700212": ("no federated identity credential matches the token's audience", "add the audience in {place}"),
    "700213": ("no federated identity credential matches the token's subject", "add the subject in {place}"),
    "53003": ("Conditional Access blocks the sign-in", "ask the administrators of {place} to admit the application"),
}
"""AADSTS numbers: learn.microsoft.com/entra/identity-platform/reference-error-codes."""


NO_TOKEN_RESPONSE = ("Unexpected response", "No response content", "JSON is invalid")
"""What azure-identity says of a body that is no JSON object; the first goes on with the whole body."""


def no_token(error: BaseException, connection: Connection) -> NoAnswer:
    """The exception that says why there is no token for a tenant, from one of azure-identity's or of our own."""
    credential, place = connection.credential, connection.place
    named = describe(credential)
    if isinstance(error, XtcheckError):
        return NoAnswer(_plain(str(error), 300), f"complete {named} of {place}")
    text = str(getattr(error, "message", "") or error)
    if found := re.search(r"AADSTS(\d+)", text):
        number = found[1]
        said, remedy = REASONS.get(number, (_plain(text[found.end() :]), "see {credential} in {place}"))
        step = remedy.format(credential=f"{named} of {place}", place=place)
        why = said.replace("{cloud}", connection.cloud)
        return NoAnswer(f"cannot sign in to {place}: {why} (AADSTS{number})", step)
    status = getattr(error, "status_code", None) or 0
    if 300 <= status < 400:
        cause = f"cannot sign in to {place}: status {status}: a redirect, which is not followed"
        return NoAnswer(cause, f"check the login endpoint of {place}")
    if below := _below(error, connection):
        return NoAnswer(f"cannot sign in to {place}: {below.cause}", below.remedy)
    if any(said in text for said in NO_TOKEN_RESPONSE):
        cause = f"cannot sign in to {place}: the login endpoint answered without a token response"
        return NoAnswer(cause, f"check the login endpoint of {place}; look for a proxy that answers")
    if isinstance(credential, EntraCredential) and credential.type == "default":
        return _default(text, connection)
    kind = f"status {status}, " if status else ""
    step = "run again later" if status == 429 or status >= 500 else f"check {named} of {place}"
    return NoAnswer(f"cannot sign in to {place}: {kind}{_plain(text)}", step)


def _default(text: str, connection: Connection) -> NoAnswer:
    """DefaultAzureCredential has only a text: a line for each credential tried, up to one that truly failed."""
    place = connection.place
    tried = re.findall(r"^\s*(\w+Credential): (.*)", text, re.MULTILINE)
    if tried and (fault := network.told_of_proxy(tried[-1][1], connection.login)):
        return NoAnswer(f"cannot sign in to {place} with {tried[-1][0]}: {fault.cause}", fault.remedy)
    if tried and "Cannot connect to host" in tried[-1][1]:
        name, said = tried[-1]
        trust = f"set ca-bundle of {place} to the PEM file of the authority that signed its certificate"
        remedy = (
            trust if "CERTIFICATE_VERIFY_FAILED" in said else f"check the network and the login endpoint of {place}"
        )
        return NoAnswer(f"cannot sign in to {place} with {name}: {_plain(said)}", remedy)
    names = ", ".join(name.removesuffix("Credential") for name, _ in tried)
    return NoAnswer(
        f"cannot sign in to {place}: no credential was found" + (f" (tried {names})" if names else ""),
        "run az login, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or declare a credential",
    )


def _below(error: BaseException, connection: Connection) -> NoAnswer | None:
    """The fault of the network that azure-core wraps."""
    from azure.core.exceptions import IncompleteReadError, ServiceRequestError, ServiceResponseError

    if isinstance(error, (IncompleteReadError, ServiceRequestError, ServiceResponseError)):
        own = isinstance(connection.credential, EntraCredential) and connection.credential.type == "managed-identity"
        url = "the managed identity endpoint" if own else connection.login
        return network.explain(error, url, connection.place).as_no_answer()
    return None


def _plain(text: str, limit: int = 200) -> str:
    """What a person can use of a message: one line, without the request's ids and pointers to guides."""
    used = re.split(r"Trace ID:|\n\n|To mitigate this issue", text.lstrip(": "))[0]
    return one_line(re.sub(r"[^.]*https://aka\.ms/\S*", "", used), limit) or "no reason was given"
