"""Which rows are written, and by which operations: what the documentation tells, and what the gates try."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xtcheck.kinds import BY_NAME
from xtcheck.kinds.mending import mending
from xtcheck.model import Kind, Safety, Setting, Type, Writable
from xtcheck.shapes import AsyncCall, Command, Members, Merge, Pairs, ReplaceDocument, Send, Upsert, Value

NOT_YET = "this version of xtcheck does not write it"


def sendable(type_: Type) -> bool:
    """Whether values of a type, and of what it may hold, can be sent."""
    inner = getattr(type_, "inner", None)
    return isinstance(type_, Writable) and (inner is None or sendable(inner))


def is_written(kind: Kind, setting: Setting) -> bool:
    """Whether a drift of the row can be put right by a change of an object that is there, or by making it."""
    if setting.deletes is not None:
        return mending(kind, setting).worst is not Safety.MANUAL
    if kind.write is None or mending(kind, setting).worst is Safety.MANUAL:
        return False
    if setting.presence:
        return isinstance(kind.write, Upsert)
    return setting.sets is not None or setting.sends is not None or (bool(setting.path) and sendable(setting.type))


_PAIR = re.compile(r"value\[key=(\w+)\]\.value")


def pair_of(path: str) -> str:
    """The path ``#Key`` by which the value of a pair is written, of the one by which a row reads it; or empty."""
    found = _PAIR.fullmatch(path)
    return f"#{found[1]}" if found else ""


def told(kind: Kind, setting: Setting) -> str:
    """How the row is written, or why it is not."""
    if is_written(kind, setting):
        return f"written: {'; '.join(_operations(kind, setting))}"
    if isinstance(kind.write, Upsert) and setting.path in kind.write.only_new:
        return f"written: only when it is made, by {_operation(kind.write.create)}"
    found = mending(kind, setting)
    return f"not written: {found.why if found.worst is Safety.MANUAL else NOT_YET}"


def _operations(kind: Kind, setting: Setting) -> Iterator[str]:
    if setting.deletes is not None:
        yield from (f"deleted by {_operation(send)}" for send in setting.deletes.by)
        return
    match kind.write:
        case Upsert():
            yield from _of_object(kind.write, setting)
        case Merge(update=update, units=units):
            whole = setting.path.partition(".")[0]
            yield f"by {_operation(update)}" + (f", `{whole}` as a whole" if whole in units else "")
        case Value(put=first, remove=second) | Members(add=first, remove=second):
            yield from (f"by {_operation(send)}" for send in (first, second))
        case ReplaceDocument(put=put):
            yield f"by {_operation(put)}, the whole document as it is but for the declared places"
        case Pairs(put=put):
            yield f"by {_operation(put)}, only the keys that change"
            yield from _called_after(kind.write, setting)
        case AsyncCall(call=call):
            yield f"by {_operation(call)}, and waiting until it has been done"
        case Command():
            raise LookupError(f"{kind.name} has no rows")
        case None:
            raise LookupError(f"{kind.name} is not written")


def _called_after(shape: Pairs, setting: Setting) -> Iterator[str]:
    call = BY_NAME[shape.then].write if pair_of(setting.path) in shape.late else None
    if isinstance(call, Command):
        yield f"followed by {_operation(call.call)}"


def _of_object(shape: Upsert, setting: Setting) -> Iterator[str]:
    if setting.presence:
        yield f"made by {_operation(shape.create)}"
        yield f"deleted by {_operation(shape.delete)}" if shape.delete else "never deleted"
    elif setting.halfway:
        yield from (f"by {_operation(each.send)}; then {setting.halfway}" for each in shape.grows.values())
    elif shape.update:
        whole = setting.path.partition(".")[0]
        unit = f", `{whole}` as a whole" if whole in shape.units else ""
        yield f"by {_operation(shape.update)}{unit}"
    elif shape.states:
        yield from (f"by {_operation(send)}" for send in shape.states.sends.values())


def _operation(send: Send) -> str:
    return f"`{send.verb or send.service} {send.operation}` (`{send.permission}`)"


def permissions_to_write(kind: Kind) -> list[str]:
    """The permissions that writing objects of a kind needs."""
    match kind.write:
        case Upsert(create=create, update=update, delete=delete, states=states, grows=grows):
            more = (*(states.sends.values() if states else ()), *(each.send for each in grows.values()))
            sends = (create, update, delete, *more)
            return sorted({send.permission for send in sends if send})
        case Merge(update=update):
            return [update.permission]
        case Value(put=first, remove=second) | Members(add=first, remove=second):
            return sorted({first.permission, second.permission})
        case Pairs(put=call) | ReplaceDocument(put=call) | AsyncCall(call=call) | Command(call=call):
            return [call.permission]
        case None:
            return []
