"""B2B collaboration and direct connect settings: who and which applications, allowed or blocked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Mistake, Uninterpretable, choices
from xtcheck.nodes import Node, Scalar, mapping, scalar, sequence
from xtcheck.values.scalars import shape

Json = Any

PARTS = {"users-and-groups": "usersAndGroups", "applications": "applications"}
ACCESS = ("allowed", "blocked")
TARGETS = {
    "users-and-groups": (("AllUsers",), ("user", "group")),
    "applications": (("AllApplications", "Office365"), ("application",)),
}
"""Of each part: the words for everybody or everything, and the types of what is named by its id."""
TARGET_TYPES = tuple(kind for _, kinds in TARGETS.values() for kind in kinds)
GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class B2B:
    """``{users-and-groups: {allowed: [AllUsers]}, applications: {blocked: [AllApplications]}}``.

    Targets are a set: their order means nothing (Graph: crossTenantAccessPolicyTargetConfiguration). A target is
    written ``AllUsers``, ``AllApplications``, ``Office365``, or ``user <guid>`` (or group, or application).
    """

    def parse(self, node: Node) -> Json:
        parts = mapping(node, "users-and-groups and applications")
        for key, _ in parts.entries:
            if key.text not in PARTS:
                raise Mistake(key.mark, f"unknown part {key.shown!r}", choices(key.text, PARTS))
        missing = [part for part in PARTS if not parts.get(part)]
        if missing:
            raise Mistake(
                node.mark, f"{' and '.join(missing)} must be stated as well", "the service evaluates both together"
            )
        return {key.text: self._part(key.text, value) for key, value in parts.entries}

    def _part(self, part: str, node: Node) -> Json:
        entries = mapping(node, "allowed: [...] or blocked: [...]").entries
        if len(entries) != 1 or entries[0][0].text not in ACCESS:
            raise Mistake(
                node.mark, "allowed: [...] or blocked: [...] was expected", "one of the two, with its targets"
            )
        access, targets = entries[0]
        items = sequence(targets, "a list of targets").items
        return {"access": access.text, "targets": sorted({_target(part, scalar(item, "a target")) for item in items})}

    def read(self, observed: Json) -> Json:
        if not isinstance(observed, dict):
            raise Uninterpretable(f"the service answered {shape(observed)} where users and applications are documented")
        return {ours: _observed(observed.get(theirs), theirs) for ours, theirs in PARTS.items()}

    def differences(self, expected: Json, observed: Json) -> tuple[str, ...] | None:
        lines = tuple(
            f"{part}: {_shown(expected[part])} is expected, {_shown(observed[part])} is there"
            for part in PARTS
            if expected[part] != observed[part]
        )
        return lines or None

    def show(self, value: Json) -> str:
        return ", ".join(f"{part}: {_shown(value[part])}" for part in PARTS)

    def sent(self, value: Json) -> Json:
        return {
            theirs: {
                "accessType": value[ours]["access"],
                "targets": [_sent_target(ours, target) for target in value[ours]["targets"]],
            }
            for ours, theirs in PARTS.items()
        }

    def meaning(self, observed: Json) -> Json:
        if not isinstance(observed, dict):
            return observed
        return {name: _meant(part) for name, part in observed.items()}

    def schema(self) -> Json:
        targets = {"type": "array", "items": {"type": "string"}}
        part = {
            "type": "object",
            "properties": dict.fromkeys(ACCESS, targets),
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": dict.fromkeys(PARTS, part),
            "required": list(PARTS),
            "additionalProperties": False,
        }

    def other(self, observed: Json) -> Json:
        def part(target: str, kind: str) -> Json:
            return {"accessType": access, "targets": [{"target": target, "targetType": kind}]}

        applications = observed.get("applications") if isinstance(observed, dict) else None
        blocked = isinstance(applications, dict) and applications["accessType"].strip() == "blocked"
        access = "allowed" if blocked else "blocked"
        return {"usersAndGroups": part("AllUsers", "user"), "applications": part("AllApplications", "application")}


def _target(part: str, word: Scalar) -> str:
    everybody, kinds = TARGETS[part]
    if word.text in everybody:
        return word.text
    kind, _, id_ = word.text.partition(" ")
    if kind not in kinds or not GUID.fullmatch(id_):
        valid = " or ".join([*everybody, *(f"{kind} <object id>" for kind in kinds)])
        raise Mistake(word.mark, f"{word.shown!r} is no target", f"write {valid}")
    return f"{kind} {id_.lower()}"


def _sent_target(part: str, target: str) -> Json:
    kind, _, id_ = target.partition(" ")
    # Everybody is of the type of a user, every application of that of an application.
    return {"target": id_, "targetType": kind} if id_ else {"target": target, "targetType": TARGETS[part][1][0]}


def _observed(part: Json, name: str) -> Json:
    if part is None:
        return None
    match part:
        case {"accessType": str(access), "targets": list(targets)} if access.strip() in ACCESS:
            return {"access": access.strip(), "targets": sorted({_observed_target(target) for target in targets})}
    raise Uninterpretable(f"{name} has another shape than documented: {shape(part)}")


def _observed_target(target: Json) -> str:
    match target:
        case {"target": str(name), "targetType": kind} if kind in TARGET_TYPES:
            return name if name.isalnum() else f"{kind} {name.lower()}"
    raise Uninterpretable(f"a target has another shape than documented: {shape(target)}")


def _meant(part: Json) -> Json:
    """A part in which ids are in small letters, and no blanks are around the word."""
    match part:
        case {"accessType": str(access), "targets": list(targets)}:
            return {**part, "accessType": access.strip(), "targets": [_meant(target) for target in targets]}
        case {"target": str(id_)} if GUID.fullmatch(id_):
            return {**part, "target": id_.lower()}
    return part


def _shown(part: Json) -> str:
    return "not set" if part is None else f"{part['access']} {', '.join(part['targets']) or 'nobody'}"
