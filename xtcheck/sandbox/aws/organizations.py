"""AWS Organizations: the organization, its accounts, trusted services and delegated administrators."""

from __future__ import annotations

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.wire import Json

PAGE = 20
"""MaxResults of every list here is at most 20 (botocore's model)."""


def _administrators_only(call: Call) -> None:
    # "This operation can be called only from the organization's management account or by a delegated administrator".
    if not call.from_administrator:
        raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")


def describe_organization(call: Call) -> Json:
    """Callable from any account of the organization."""
    return {"Organization": call.aws["organization"]}


def list_accounts(call: Call) -> Json:
    """Every account of the organization, the management account too."""
    _administrators_only(call)
    return call.page(list(call.aws["accounts"].values()), "Accounts", PAGE)


def list_service_access(call: Call) -> Json:
    """The service principals with trusted access; Identity Center is sso.amazonaws.com."""
    _administrators_only(call)
    return call.page(call.aws.get("serviceAccess", []), "EnabledServicePrincipals", PAGE)


def list_delegated_administrators(call: Call) -> Json:
    """The delegated administrators, of one service principal when it is named."""
    _administrators_only(call)
    principal = call.parameters.get("ServicePrincipal")
    # The sandbox knows only delegations for Identity Center.
    found = call.aws.get("delegatedAdministrators", []) if principal in (None, "sso.amazonaws.com") else []
    return call.page(found, "DelegatedAdministrators", PAGE)


OPERATIONS = {
    "DescribeOrganization": describe_organization,
    "ListAccounts": list_accounts,
    "ListAWSServiceAccessForOrganization": list_service_access,
    "ListDelegatedAdministrators": list_delegated_administrators,
}
