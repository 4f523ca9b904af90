"""Which rows are written, and by which operations: what the documentation tells, and what the gates try."""

from __future__ import annotations

from collections.abc import Iterator

from xtcheck.kinds import BY_NAME
from xtcheck.kinds.mending import mending
from xtcheck.model import Kind, Safety, Setting, Type, Writable
from xtcheck.shapes import Action, AsyncCall, Members, Merge, Pairs, Send, Shape, Upsert, Value

NOT_YET = "this version of xtcheck does not write it"


def sendable(type_: Type) -> bool:
    """Whether values of a type, and of what it may hold, can be sent."""
    inner = getattr(type_, "inner", None)
    return isinstance(type_, Writable) and (inner is None or sendable(inner))


def is_written(kind: Kind, setting: Setting) -> bool:
    """Whether a drift of the row can be put right by a change of an object that is there, or by making it."""
    if kind.write is None or mending(kind, setting).worst is Safety.MANUAL:
        return False
    if setting.presence:
        return isinstance(kind.write, Upsert)
    if isinstance(kind.write, Pairs) and setting.path in kind.write.never:
        return False
    return setting.sets is not None or setting.sends is not None or (bool(setting.path) and sendable(setting.type))


def told(kind: Kind, setting: Setting) -> str:
    """How the row is written, or why it is not."""
    if is_written(kind, setting):
        return f"written: {'; '.join(_operations(kind, setting))}"
    if isinstance(kind.write, Upsert) and setting.path in kind.write.only_new:
        return f"written: only when it is made, by {_operation(kind.write.create)}"
    found = mending(kind, setting)
    return f"not written: {found.why if found.worst is Safety.MANUAL else NOT_YET}"


def _operations(kind: Kind, setting: Setting) -> Iterator[str]:
    match kind.write:
        case Upsert(create=create, update=update, delete=delete):
            if setting.presence:
                yield f"made by {_operation(create)}"
                yield f"deleted by {_operation(delete)}" if delete else "never deleted"
            else:
                whole = setting.path.partition(".")[0]
                unit = f", `{whole}` as a whole" if whole in kind.write.units else ""
                yield f"by {_operation(update)}{unit}"
        case Merge(update=update, units=units):
            whole = setting.path.partition(".")[0]
            yield f"by {_operation(update)}" + (f", `{whole}` as a whole" if whole in units else "")
        case Action(sends=sends):
            yield from (f"by {_operation(send)}" for send in sends.values())
        case Value(put=first, remove=second) | Members(add=first, remove=second):
            yield from (f"by {_operation(send)}" for send in (first, second))
        case Pairs(put=put):
            yield f"by {_operation(put)}, only the keys that change"
        case AsyncCall(call=call):
            yield f"by {_operation(call)}, and waiting until it has been done"
        case None:
            raise LookupError(f"{kind.name} is not written")


def _operation(send: Send) -> str:
    return f"`{send.verb or send.service} {send.operation}` (`{send.permission}`)"


def permissions_of_row(kind: Kind, setting: Setting) -> list[str]:
    """What putting one row right, and taking that back, may need; nothing where it is not written.

    What the object stands in is made where it is not there, and what must follow a change follows. A call that is
    carried out later is followed to its end.
    """
    if not is_written(kind, setting):
        return []
    found = _of_upsert(kind.write, setting) if isinstance(kind.write, Upsert) else set(permissions_to_write(kind))
    shapes = [kind.write]
    above = kind.parent
    while above is not None:
        if isinstance(above.write, Upsert):
            found |= {send.permission for send in (above.write.create, above.write.delete) if send}
        above = above.parent
    if then := getattr(kind.write, "then", ""):
        shapes.append(BY_NAME[then].write)
        found |= set(permissions_to_write(BY_NAME[then]))
    return sorted(found | {name for shape in shapes for name in _to_follow(shape)})


def _of_upsert(shape: Upsert, setting: Setting) -> set[str]:
    sends = (shape.create, shape.delete, None if setting.presence else shape.update)
    return {send.permission for send in sends if send}


def _to_follow(shape: Shape | None) -> Iterator[str]:
    """The permissions to ask how a call that is carried out later ended."""
    for name in ("add", "remove", "call"):
        send = getattr(shape, name, None)
        if isinstance(send, Send) and send.follow:
            operation = "".join(word.title() for word in send.follow.partition(" ")[0].split("_"))
            yield f"{send.permission.partition(':')[0]}:{operation}"


def permissions_to_write(kind: Kind) -> list[str]:
    """The permissions that writing objects of a kind needs."""
    match kind.write:
        case Upsert(create=create, update=update, delete=delete):
            return sorted({send.permission for send in (create, update, delete) if send})
        case Merge(update=update):
            return [update.permission]
        case Action(sends=sends):
            return sorted({send.permission for send in sends.values()})
        case Value(put=first, remove=second) | Members(add=first, remove=second):
            return sorted({first.permission, second.permission})
        case Pairs(put=call) | AsyncCall(call=call):
            return [call.permission]
        case None:
            return []
