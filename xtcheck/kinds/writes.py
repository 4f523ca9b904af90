"""Which rows are written, and by which operations: what the documentation tells, and what the gates try."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xtcheck.kinds import BY_NAME
from xtcheck.kinds.mending import mending
from xtcheck.model import Kind, Removal, Safety, Setting, Type, Writable
from xtcheck.shapes import AsyncCall, Command, Members, Merge, Pairs, ReplaceDocument, Send, Shape, Upsert, Value

NOT_YET = "this version of xtcheck does not write it"


def sendable(type_: Type) -> bool:
    """Whether values of a type, and of what it may hold, can be sent."""
    inner = getattr(type_, "inner", None)
    return isinstance(type_, Writable) and (inner is None or sendable(inner))


def is_written(kind: Kind, setting: Setting) -> bool:
    """Whether a drift of the row can be put right by a change of an object that is there, or by making it."""
    if _of_others(setting):
        return mending(kind, setting).worst is not Safety.MANUAL
    if kind.write is None or mending(kind, setting).worst is Safety.MANUAL:
        return False
    if setting.presence:
        return isinstance(kind.write, Upsert)
    return setting.sets is not None or setting.sends is not None or (bool(setting.path) and sendable(setting.type))


def _of_others(setting: Setting) -> Removal | None:
    """How a row's findings go, where they are objects of other kinds."""
    return None if setting.presence else setting.deletes


_PAIR = re.compile(r"value\[key=(\w+)\]\.value")


def pair_of(path: str) -> str:
    """The path ``#Key`` by which the value of a pair is written, of the one by which a row reads it; or empty."""
    found = _PAIR.fullmatch(path)
    return f"#{found[1]}" if found else ""


def told(kind: Kind, setting: Setting) -> str:
    """How the row is written, or why it is not."""
    if is_written(kind, setting):
        return f"written: {'; '.join([*_operations(kind, setting), *_taking_effect(kind, setting)])}"
    if isinstance(kind.write, Upsert) and setting.path in kind.write.only_new:
        return f"written: only when it is made, by {_operation(kind.write.create)}"
    found = mending(kind, setting)
    return f"not written: {found.why if found.worst is Safety.MANUAL else NOT_YET}"


def _operations(kind: Kind, setting: Setting) -> Iterator[str]:
    if removal := _of_others(setting):
        yield from (f"deleted by {_operation(send)}" for send in removal.by)
        return
    match kind.write:
        case Upsert() as shape:
            yield from _of_object(shape, kind, setting)
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


def _taking_effect(kind: Kind, setting: Setting) -> Iterator[str]:
    shape = kind.write
    then = shape.then if isinstance(shape, Upsert | Value | Members) and not setting.presence else ""
    call = BY_NAME[then].write if then else None
    if isinstance(call, AsyncCall):
        yield f"where it is not new, followed by {_operation(call.call)}, and for that never safe: {call.why}"


def _called_after(shape: Pairs, setting: Setting) -> Iterator[str]:
    call = BY_NAME[shape.then].write if pair_of(setting.path) in shape.late else None
    if isinstance(call, Command):
        yield f"followed by {_operation(call.call)}"


def _of_object(shape: Upsert, kind: Kind, setting: Setting) -> Iterator[str]:
    if setting.presence:
        yield f"made by {_operation(shape.create)}"
        if shape.delete:
            yield f"deleted by {_operation(shape.delete)}"
        elif shape.takes_back:
            yield f"deleted by {_operation(shape.takes_back)} to take back that it was made, never else: {shape.kept}"
        else:
            yield "never deleted"
    elif setting.halfway:
        yield from (f"by {_operation(each.send)}; then {setting.halfway}" for each in shape.grows.values())
    elif shape.update is None:
        sends = shape.states.sends if shape.states else {}
        yield from (f"by {_operation(send)}" for send in sends.values())
    else:
        whole = setting.path.partition(".")[0]
        unit = f", `{whole}` as a whole" if whole in shape.units else ""
        if kind.source and not any(row.presence for row in kind.settings):
            yield f"made by {_operation(shape.create)}"
        yield f"by {_operation(shape.update)}{unit}"


def _operation(send: Send) -> str:
    return f"`{send.verb or send.service} {send.operation}` (`{send.permission}`)"


def permissions_to_write(kind: Kind) -> list[str]:
    """The permissions that writing objects of a kind needs."""
    return sorted({name for send in sends(kind.write) for name in (send.permission, send.also) if name})


def permissions_of_row(kind: Kind, setting: Setting) -> list[str]:
    """What putting one row right, and taking that back, may need; nothing where it is not written.

    What the object stands in is made where it is not there, and what must follow a change follows. A call that is
    carried out later is followed to its end.
    """
    if not is_written(kind, setting):
        return []
    sends = [*_of_row(kind, setting)]
    above = kind.parent
    while above is not None and _of_others(setting) is None:
        if isinstance(above.write, Upsert):
            sends += filter(None, (above.write.create, above.write.delete))
        above = above.parent
    return sorted({name for send in sends for name in _needed(send)})


def _of_row(kind: Kind, setting: Setting) -> Iterator[Send]:
    if removal := _of_others(setting):
        yield from removal.by
        return
    shape = kind.write
    if isinstance(shape, Upsert) and setting.presence:
        yield from filter(None, (shape.create, shape.delete, shape.takes_back))
    else:
        yield from sends(shape)
    late = not isinstance(shape, Pairs) or pair_of(setting.path) in shape.late
    if (then := getattr(shape, "then", "")) and late:
        yield from sends(BY_NAME[then].write)


def sends(shape: Shape | None) -> Iterator[Send]:
    """Every operation of a shape."""
    match shape:
        case Upsert(create=create, update=update, delete=delete, takes_back=takes_back, states=states, grows=grows):
            yield from filter(None, (create, update, delete, takes_back))
            yield from states.sends.values() if states else ()
            yield from (each.send for each in grows.values())
        case Merge(update=update):
            yield update
        case Value(put=first, remove=second) | Members(add=first, remove=second):
            yield from (first, second)
        case Pairs(put=call) | ReplaceDocument(put=call) | AsyncCall(call=call) | Command(call=call):
            yield call
        case None:
            return


def _needed(send: Send) -> Iterator[str]:
    """The permissions for an operation, and the one to ask how it ended where it is carried out later."""
    yield send.permission
    if send.also:
        yield send.also
    if send.follow:
        operation = "".join(word.title() for word in send.follow.partition(" ")[0].split("_"))
        yield f"{send.permission.partition(':')[0]}:{operation}"
