"""How an Identity Center instance and what surrounds it are written, and what of it is left to people.

API reference: sso-admin (UpdateInstance, AddRegion, RemoveRegion, …InstanceAccessControlAttributeConfiguration),
identitystore (UpdateIdentityStore), organizations (…RegisterDelegatedAdministrator).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.shapes import Members, Merge, Send, Unit, Upsert, Window, item_path

Json = Any

SSO = "sso.amazonaws.com"
ANYWHERE = "anywhere"
SHOWN = Window("identity-center", 5, 60, "the API shows a change at once; five seconds are what others wait")
_OF_INSTANCE = {"InstanceArn": "{instance.InstanceArn}"}
_ACCESS_CONTROL = "InstanceAccessControlAttributeConfiguration"
_OPERATION = "instance_access_control_attribute_configuration"


def _send(operation: str, action: str, *, idempotent: bool = True) -> Send:
    return Send("", operation, f"sso:{action}", _OF_INSTANCE, "sso-admin", idempotent=idempotent)


INSTANCE = Merge(
    _send("update_instance", "UpdateInstance"),
    units={},
    window=SHOWN,
    order=45,
)


def sets_permission_sets(expected: Json, _document: Json) -> Mapping[str, Json]:
    """API reference, UpdateInstance: once on, permission sets stay on."""
    if not expected:
        raise Unwritable("AWS switches permission sets on, and never off again")
    return {"PermissionSetsEnabled": True}


REGIONS = Members(
    add=_send("add_region", "AddRegion", idempotent=False),
    remove=_send("remove_region", "RemoveRegion", idempotent=False),
    added=lambda item: {"RegionName": item["RegionName"]},
    removed=lambda item: {"RegionName": item["RegionName"]},
    # Being added, a Region is listed at once; being removed, until a workflow has ended.
    window=Window("identity-center-regions", 15, 1800, "asynchronous; AWS does not say how long a removal takes"),
    order=46,
    own=("RegionName",),
)


def sets_regions(expected: Json, document: Json) -> Mapping[str, Json]:
    """Those that lack, and those that nobody declared; never the primary one (API reference: RemoveRegion)."""
    there = {item["RegionName"]: item for item in document or ()}
    extra = [name for name in there if expected["exactly"] and name not in expected["names"]]
    for name in extra:
        if there[name].get("IsPrimaryRegion"):
            raise Unwritable(f"{name} is the primary Region, in which the instance was enabled")
        if there[name].get("Status") == "REMOVING":
            raise Unwritable(f"the Region {name} is being removed already")
    missing = [name for name in expected["names"] if name not in there]
    return {
        **{item_path(RegionName=name): None for name in extra},
        **{item_path(RegionName=name): {"RegionName": name, "Status": "ADDING"} for name in missing},
    }


DELEGATES = Members(
    add=Send(
        "",
        "register_delegated_administrator",
        "organizations:RegisterDelegatedAdministrator",
        {"ServicePrincipal": SSO},
        "organizations",
        idempotent=False,
    ),
    remove=Send(
        "",
        "deregister_delegated_administrator",
        "organizations:DeregisterDelegatedAdministrator",
        {"ServicePrincipal": SSO},
        "organizations",
        idempotent=False,
    ),
    added=lambda item: {"AccountId": item["Id"]},
    removed=lambda item: {"AccountId": item["Id"]},
    window=SHOWN,
    order=47,
    own=("Id",),
)


def sets_delegates(expected: Json, document: Json) -> Mapping[str, Json]:
    """Who goes, goes first: Identity Center has one delegated administrator at most (user guide)."""
    names = {str(item["Id"]): {str(item["Id"]), str(item.get("Name", ""))} for item in document or ()}
    wanted = set(expected["names"])
    extra = [id_ for id_, known in names.items() if expected["exactly"] and not known & wanted]
    missing = [name for name in expected["names"] if not any(name in known for known in names.values())]
    if unknown := [name for name in missing if not (len(name) == 12 and name.isdigit())]:
        raise Unwritable(f"an account is registered by its id of twelve digits, and {unknown[0]} is a name")
    return {
        **{item_path(Id=id_): None for id_ in extra},
        **{item_path(Id=id_): {"Id": id_} for id_ in missing},
    }


NETWORK = Merge(
    Send(
        "",
        "update_identity_store",
        "identitystore:UpdateIdentityStore",
        {"IdentityStoreId": "{instance.IdentityStoreId}"},
        "identitystore",
    ),
    # API reference, UpdateIdentityStore: "performs a full replacement ... Any values that you omit are cleared".
    units={
        "NetworkConfiguration": Unit(
            {
                "VpceAccessRequired": False,
                "ApiRestrictSourceVpcs": None,
                "ApiAllowSourceIps": None,
                "ScimAllowSourceIps": None,
            },
            open=True,
        )
    },
    window=SHOWN,
    order=48,
)


def sets_network(expected: Json, document: Json) -> Mapping[str, Json]:
    """From where SCIM is let in, and nothing else of it.

    To ask for VPC endpoints shuts out whoever calls the identity store without one, xtcheck too: that is never begun
    here, only ended.
    """
    had = (document or {}).get("NetworkConfiguration") or {}
    if expected["names"] == [ANYWHERE]:
        return {"NetworkConfiguration.VpceAccessRequired": False}
    if ANYWHERE in expected["names"]:
        raise Unwritable(f"`{ANYWHERE}` and addresses contradict each other")
    if not had.get("VpceAccessRequired"):
        raise Unwritable("SCIM is let in by address only where VPC endpoints are asked of everybody who calls")
    kept = () if expected["exactly"] else had.get("ScimAllowSourceIps") or ()
    addresses = list(dict.fromkeys((*kept, *expected["names"])))
    return {"NetworkConfiguration.ScimAllowSourceIps": addresses or None}


ACCESS_CONTROL = Upsert(
    create=_send(f"create_{_OPERATION}", f"Create{_ACCESS_CONTROL}", idempotent=False),
    update=_send(f"update_{_OPERATION}", f"Update{_ACCESS_CONTROL}"),
    units={},
    window=SHOWN,
    order=49,
    assumed={"Status": "ENABLED"},
    by_itself=frozenset({"Status", "StatusReason"}),
    delete=_send(f"delete_{_OPERATION}", f"Delete{_ACCESS_CONTROL}"),
)


def sets_attributes(expected: Json, _document: Json) -> Mapping[str, Json]:
    """All attributes as one: the API replaces them."""
    attributes = [
        {"Key": record["key"], "Value": {"Source": [source.strip() for source in record["source"].split(",")]}}
        for record in expected
    ]
    return {_ACCESS_CONTROL: {"AccessControlAttributes": attributes}}
