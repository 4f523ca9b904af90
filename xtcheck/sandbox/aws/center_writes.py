"""IAM Identity Center's operations that write account assignments and the instance itself; delegated administrators.

https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_CreateAccountAssignment.html and its siblings
"""

from __future__ import annotations

from collections.abc import Callable

from xtcheck.sandbox.aws import pending
from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.aws.failure import ServiceError
from xtcheck.sandbox.aws.instances import belongs, denied, instance, not_found
from xtcheck.sandbox.wire import Json

CENTER = "sso.amazonaws.com"
MOST_REGIONS = 6
_OF_ASSIGNMENT = ("PermissionSetArn", "PrincipalType", "PrincipalId", "TargetId", "TargetType")


def _assignment(collection: str, key: str) -> Callable[[Call], Json]:
    """Creating or deleting an assignment: accepted now, done later. What is there already is accepted too."""

    def answer(call: Call) -> Json:
        center, arn, account = instance(call), call.parameters["PermissionSetArn"], call.parameters["TargetId"]
        if arn not in call.aws["permissionSets"] or not belongs(arn, center):
            raise not_found(f"Could not find a PermissionSet with ARN {arn}")
        if account not in call.aws["accounts"]:
            raise not_found(f"Could not find an account with ID {account}")
        if account == call.aws["organization"]["MasterAccountId"] and not call.from_management:
            raise denied(call)
        members = {name: call.parameters[name] for name in _OF_ASSIGNMENT}
        return {key: pending.begin(call, collection, members)}

    return answer


def _configuration(call: Call, *, there: bool) -> dict[str, Json]:
    """The attributes for access control by instance; raises ServiceError unless this one's are (not) there."""
    known: dict[str, Json] = call.aws.setdefault("accessControlAttributes", {})
    arn = instance(call)["InstanceArn"]
    if arn in known and not there:
        raise ServiceError("ConflictException", "InstanceAccessControlAttributeConfiguration already exists.")
    if arn not in known and there:
        raise not_found("InstanceAccessControlAttributeConfiguration not found")
    return known


def _put_configuration(*, there: bool) -> Callable[[Call], Json]:
    def answer(call: Call) -> Json:
        known = _configuration(call, there=there)
        given = call.parameters["InstanceAccessControlAttributeConfiguration"]
        known[call.parameters["InstanceArn"]] = {
            "Status": "ENABLED",
            "InstanceAccessControlAttributeConfiguration": given,
        }
        return {}

    return answer


def delete_configuration(call: Call) -> Json:
    """Attributes for access control are off afterwards."""
    del _configuration(call, there=True)[call.parameters["InstanceArn"]]
    return {}


def update_instance(call: Call) -> Json:
    """The name, or one of the others; permission sets can only be enabled, and the network is replaced whole."""
    document = instance(call)
    others = [name for name in ("EncryptionConfiguration", "PermissionSetsEnabled", "NetworkConfiguration")
              if name in call.parameters]  # fmt: skip
    if len(others) > 1:
        raise ServiceError("ValidationException", f"Only one of {', '.join(others)} can be updated at once.")
    if "EncryptionConfiguration" in others:
        raise ServiceError("SandboxNotImplemented", "the sandbox does not change encryption", 501)
    if call.parameters.get("PermissionSetsEnabled") is False:
        raise ServiceError("ValidationException", "Permission sets cannot be disabled.")
    if "Name" in call.parameters:
        document["Name"] = call.parameters["Name"]
    if "PermissionSetsEnabled" in others:
        document["PermissionSetsEnabled"] = True
    if "NetworkConfiguration" in others:
        document["NetworkConfigurationDetails"] = call.parameters["NetworkConfiguration"]
    return {}


def add_region(call: Call) -> Json:
    """Takes a customer managed key, which is in several Regions too; a Region is used once."""
    document, name = instance(call), call.parameters["RegionName"]
    if document["EncryptionConfigurationDetails"]["KeyType"] != "CUSTOMER_MANAGED_KEY":
        raise ServiceError("ValidationException", "The instance must be encrypted with a multi-Region customer key.")
    known = document.setdefault("Regions", [])
    if any(each["RegionName"] == name for each in known):
        raise ServiceError("ConflictException", f"The instance is in the Region {name} already.")
    if len(known) >= MOST_REGIONS:
        raise ServiceError("ServiceQuotaExceededException", f"An instance is in {MOST_REGIONS} Regions at most.")
    known.append({"RegionName": name, "Status": "ACTIVE", "AddedDate": call.now.timestamp(), "IsPrimaryRegion": False})
    return {"Status": "ADDING"}


def remove_region(call: Call) -> Json:
    """Never the primary one."""
    document, name = instance(call), call.parameters["RegionName"]
    for each in document.get("Regions", []):
        if each["RegionName"] == name:
            if each["IsPrimaryRegion"]:
                raise ServiceError("ValidationException", "The primary Region cannot be removed.")
            document["Regions"].remove(each)
            return {"Status": "REMOVING"}
    raise not_found(f"The instance is not in the Region {name}")


def update_identity_store(call: Call) -> Json:
    """The network configuration is replaced whole. Users, groups and memberships are never written by this API here."""
    identifier = call.parameters["IdentityStoreId"].rpartition("/")[2]
    store = call.aws["identityStores"].get(identifier)
    if store is None:
        raise ServiceError("ResourceNotFoundException", "IDENTITY_STORE not found.")
    if "NetworkConfiguration" in call.parameters:
        store["networkConfiguration"] = call.parameters["NetworkConfiguration"]
    owner = next(each for each in call.aws["instances"].values() if each["IdentityStoreId"] == identifier)
    return {name: owner[name] for name in ("IdentityStoreId", "IdentityStoreArn")}


def _delegating(call: Call) -> Json:
    if not call.from_management:
        raise ServiceError("AccessDeniedException", "You don't have permissions to access this resource.")
    if call.parameters["ServicePrincipal"] != CENTER:
        raise ServiceError("UnsupportedAPIEndpointException", "the sandbox delegates Identity Center alone")
    account = call.aws["accounts"].get(call.parameters["AccountId"])
    if account is None:
        raise ServiceError("AccountNotFoundException", "The account is not in the organization.")
    return account


def register_administrator(call: Call) -> Json:
    """One account at most administers Identity Center, and never the management account."""
    account = _delegating(call)
    known = call.aws.setdefault("delegatedAdministrators", [])
    if account["Id"] == call.aws["organization"]["MasterAccountId"]:
        raise ServiceError("ConstraintViolationException", "The management account cannot be delegated to.")
    if any(each["Id"] == account["Id"] for each in known):
        raise ServiceError("AccountAlreadyRegisteredException", "The account is registered already.")
    if known:
        raise ServiceError("ConstraintViolationException", "Only one account can administer Identity Center.")
    known.append(account | {"DelegationEnabledDate": call.now.timestamp()})
    return {}


def deregister_administrator(call: Call) -> Json:
    """AccountNotRegisteredException for an account that is none."""
    account = _delegating(call)
    known = call.aws.get("delegatedAdministrators", [])
    for each in known:
        if each["Id"] == account["Id"]:
            known.remove(each)
            return {}
    raise ServiceError("AccountNotRegisteredException", "The account is not a delegated administrator.")


OF_CENTER: dict[str, Callable[[Call], Json]] = {
    "CreateAccountAssignment": _assignment(pending.CREATIONS, "AccountAssignmentCreationStatus"),
    "DeleteAccountAssignment": _assignment(pending.DELETIONS, "AccountAssignmentDeletionStatus"),
    "CreateInstanceAccessControlAttributeConfiguration": _put_configuration(there=False),
    "UpdateInstanceAccessControlAttributeConfiguration": _put_configuration(there=True),
    "DeleteInstanceAccessControlAttributeConfiguration": delete_configuration,
    "UpdateInstance": update_instance,
    "AddRegion": add_region,
    "RemoveRegion": remove_region,
}
OF_STORE = {"UpdateIdentityStore": update_identity_store}
OF_ORGANIZATION = {
    "RegisterDelegatedAdministrator": register_administrator,
    "DeregisterDelegatedAdministrator": deregister_administrator,
}
