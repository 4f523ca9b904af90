"""Identifiers in the shapes of AWS, the same on every run."""

from __future__ import annotations

import uuid

_NAMESPACE = uuid.UUID("5b0c7d1e-2f7a-4f0e-9a54-2d8a3c6b1e90")


def resource_id(store: str, kind: str, name: str) -> str:
    """The id of a user, group or membership of an identity store: ten hex digits of the store, then a UUID."""
    return f"{store.removeprefix('d-')}-{uuid.uuid5(_NAMESPACE, f'{store}/{kind}/{name}')}"


def user_id(store: str, user_name: str) -> str:
    """The id that the user of this name gets in its first life; names compare without case."""
    return resource_id(store, "user", user_name.casefold())


def group_id(store: str, display_name: str) -> str:
    """The id that the group of this name gets in its first life."""
    return resource_id(store, "group", display_name.casefold())


def membership_id(store: str, group: str, user: str) -> str:
    """The id of a user's membership in a group."""
    return resource_id(store, "membership", f"{group}/{user}")


def resource_arn(kind: str, identifier: str) -> str:
    """The ARN of a user, group or membership."""
    return f"arn:aws:identitystore:::{kind}/{identifier}"


def permission_set_arn(instance_arn: str, name: str) -> str:
    """The ARN of a permission set of an instance; AWS draws the sixteen digits, here they follow from the name."""
    digits = uuid.uuid5(_NAMESPACE, f"{instance_arn}/{name}").hex[:16]
    return f"arn:aws:sso:::permissionSet/{instance_arn.partition('/')[2]}/ps-{digits}"
