"""Properties that are sent whole: what is sent of one where only some of it shall have other values; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xtcheck.errors import Unwritable
from xtcheck.model import Kind
from xtcheck.shapes import Merge, Unit, Upsert

Json = Any

ALONE = "{} inherits only as a whole: state {} as inherit too"
UNKNOWN = "{} would inherit no longer, and what is inherited now was not read: state a value of its own"


def units_of(kind: Kind) -> Mapping[str, Unit]:
    """The properties of a kind's objects that are sent whole."""
    return kind.write.units if isinstance(kind.write, Merge | Upsert) else {}


def properties(
    kind: Kind, before: Json, wanted: Mapping[str, Json], inherited: Mapping[str, Json] | None
) -> dict[str, Json]:
    """The properties to send, each whole.

    :param inherited: by property, what is in effect while it is null; None where what is wanted once was all of it.
    :raises Unwritable: something that nobody states would have another effect then, or might have.
    """
    found: dict[str, Json] = {}
    parts: dict[str, dict[str, Json]] = {}
    for path, value in wanted.items():
        name, _, key = path.partition(".")
        if key:
            parts.setdefault(name, {})[key] = value
        else:
            found[name] = _carrying(kind, name, before.get(name), value, inherited)
    for name, keys in parts.items():
        found[name] = _whole(kind, name, before.get(name), keys, inherited or {})
    return found


def alone(kind: Kind, name: str, keys: Iterable[str]) -> str:
    """Why a part of a property does not inherit by itself: these others do not."""
    return ALONE.format(name, _rows(kind, name, keys))


def _carrying(kind: Kind, name: str, seen: Json, value: Json, inherited: Mapping[str, Json] | None) -> Json:
    """A property that is stated as a whole, with those of its other keys that are there, or in effect, and stay."""
    unit = units_of(kind).get(name)
    if unit is None or not isinstance(value, dict):
        return value
    value = value if unit.open else {key: given for key, given in value.items() if key in unit.keys}
    others = [key for key in unit.keys if key not in value]
    had = seen if isinstance(seen, dict) else {}
    if seen is None and unit.inherits and inherited is not None:
        had = _in_effect(kind, name, others, inherited)
    return {key: had[key] for key in others if had.get(key) is not None} | value


def _whole(kind: Kind, name: str, seen: Json, keys: Mapping[str, Json], inherited: Mapping[str, Json]) -> Json:
    """A property of which some keys are stated."""
    unit = units_of(kind)[name]
    had = seen if isinstance(seen, dict) else {}
    if not unit.inherits:
        whole = {key: keys[key] if key in keys else _or(had.get(key), unit.keys[key]) for key in unit.keys}
        return {**had, **whole} if unit.open else whole
    others = [key for key in unit.keys if key not in keys]
    if all(value is None for value in keys.values()):
        default = inherited.get(name) or {}
        own = [key for key in others if had.get(key) is not None or default.get(key) != unit.keys[key]]
        if had and own:
            raise Unwritable(alone(kind, name, own))
        return None
    if seen is None:
        had = _in_effect(kind, name, others, inherited)
    return {key: _or(keys.get(key, had.get(key)), otherwise) for key, otherwise in unit.keys.items()}


def _in_effect(kind: Kind, name: str, keys: Iterable[str], inherited: Mapping[str, Json]) -> Json:
    """What is in effect of a property that is null.

    :raises Unwritable: of one of these keys that is not known.
    """
    default, unit = inherited.get(name), units_of(kind)[name]
    unknown = [key for key in keys if default is None or (default.get(key) is None and unit.keys[key] is not None)]
    if unknown:
        raise Unwritable(UNKNOWN.format(_rows(kind, name, unknown)))
    return default or {}


def _rows(kind: Kind, name: str, keys: Iterable[str]) -> str:
    """Parts of a property, as policies call them."""
    rows = {setting.path: setting.key for setting in kind.settings}
    return " and ".join(rows.get(f"{name}.{key}", f"{name}.{key}") for key in keys)


def _or(value: Json, otherwise: Json) -> Json:
    return otherwise if value is None else value
