"""Faults: what the sandbox does wrong on purpose, over HTTP only, to whichever request matches."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase

from xtcheck.sandbox.damage import Deed, instead, spoil
from xtcheck.sandbox.log import Entry
from xtcheck.sandbox.wire import Json

__all__ = ["BY_SERVICE", "EFFECTS", "TRANSPORT", "Deed", "Fault", "Faults", "instead", "parse", "spoil"]

KINDS: dict[str, type | tuple[type, ...]] = {
    "status": int,
    "delay": (int, float),
    "cut": bool,
    "reset": bool,
    "stall": bool,
    "stall-in-body": bool,
    "body": str,
    "content-type": str,
    "truncate": bool,
    "not-utf-8": bool,
    "empty-page-with-next": bool,
    "repeat-next": bool,
    "foreign-next": (bool, str),
    "drop-value": bool,
    "odd-value": bool,
    "odd-count": bool,
    "overlap": str,
    "put": dict,
    "redirect": str,
    "tid": str,
    "audience": str,
    "expired": bool,
    "not-yet-valid": bool,
    "lifetime": int,
    "skew": int,
    "connect": str,
    "after": bool,
    "lost": bool,
    "dropped": bool,
    "late": int,
    "partly": bool,
    "stale": bool,
    "meanwhile": list,
}
"""What a fault can do, and the JSON type of its argument."""
DETAILS: dict[str, type | tuple[type, ...]] = {
    "code": str,
    "message": str,
    "retry-after": (int, float, str),
    "retry-at": (int, float),
}
"""Further words beside a kind."""
MATCHES: dict[str, type | tuple[type, ...]] = {
    "service": str, "tenant": str, "path": str, "page": int, "method": str, "write": bool,
}  # fmt: skip
DOORS = (
    "refused", "reset", "unresolved", "untrusted", "other-name", "expired-certificate", "early-certificate", "no-tls",
)  # fmt: skip
"""Where a connection leads that fails before any request: nobody listens; it is reset; the name does not exist; an
unknown authority; a certificate for another name, of the past, or of the future; a server without TLS."""
CHOICES = {"overlap": ("same", "changed"), "connect": DOORS}
"""The arguments of kinds that know only a few."""
TRANSPORT = frozenset({"delay", "cut", "reset", "stall", "stall-in-body"})
"""Kinds that the connection suffers, not the answer."""
EFFECTS = frozenset({"dropped", "late", "partly"})
"""Kinds that leave less, or nothing yet, of what a write does; it is answered as if all were done."""
AFTER = EFFECTS | {"after", "lost"}
"""Kinds that ask the service also where the answer is the fault's."""
BY_SERVICE = frozenset({"tid", "audience", "expired", "not-yet-valid", "lifetime", "skew"})
"""Kinds that a service carries out itself: the token endpoint when it makes a token, AWS when it checks a signature."""


@dataclass(slots=True)
class Fault:
    """One fault. ``left`` is how many times it still acts; None: always."""

    match: dict[str, Json]
    do: Deed
    left: int | None = None

    def matches(self, entry: Entry) -> bool:
        """Whether this request shall suffer the fault."""
        if "connect" in self.do or self.left == 0 or self.match.get("service", entry.service) != entry.service:
            return False
        if self.match.get("tenant", entry.tenant) != entry.tenant:
            return False
        if self.match.get("page", entry.page) != entry.page:
            return False
        if (
            self.match.get("method", entry.method) != entry.method
            or self.match.get("write", entry.write) != entry.write
        ):
            return False
        pattern = self.match.get("path")
        return pattern is None or fnmatchcase(entry.path.lower(), pattern.lower().replace("[", "[[]"))


def asks(do: Deed) -> bool:
    """Whether the service is asked, whatever the answer will be."""
    return bool(AFTER & set(do)) or not {"status", "body", "redirect"} & set(do)


def parse(documents: Json) -> list[Fault]:
    """Faults from their JSON documents; raises ValueError that says what is wrong with which."""
    if not isinstance(documents, list):
        raise ValueError("faults are a list")  # noqa: TRY004 - one error for a wrong document
    return [_parse(number, document) for number, document in enumerate(documents)]


def _parse(number: int, document: Json) -> Fault:
    if not isinstance(document, dict) or not set(document) <= {"match", "do", "times"} or not document.get("do"):
        raise ValueError(f"fault {number}: expected {{match, do, times}} with something to do")
    match, do, times = document.get("match", {}), document["do"], document.get("times")
    for part, known in ((match, MATCHES), (do, KINDS | DETAILS)):
        for word, value in part.items():
            if word not in known:
                raise ValueError(f"fault {number}: unknown word {word!r}; known: {', '.join(known)}")
            if not _fits(value, known[word]):
                raise ValueError(f"fault {number}: {word!r} has the wrong type")
            if word in CHOICES and value not in CHOICES[word]:
                raise ValueError(f"fault {number}: {word!r} is one of {', '.join(CHOICES[word])}")
    if not set(do) & set(KINDS):
        raise ValueError(f"fault {number}: nothing to do; known: {', '.join(KINDS)}")
    if times is not None and (not isinstance(times, int) or times < 1):
        raise ValueError(f"fault {number}: 'times' is a positive number")
    if "connect" in do and (len(do) > 1 or times is not None or not set(match) <= {"service", "tenant"}):
        raise ValueError(f"fault {number}: 'connect' stands alone, and knows only service and tenant")
    return Fault(dict(match), Deed(do), times)


def _fits(value: Json, known: type | tuple[type, ...]) -> bool:
    """Whether a value has the type; a truth is no number, for all that Python says."""
    among = known if isinstance(known, tuple) else (known,)
    return type(value) in among


class Faults:
    """The faults now in force, in order: the first that matches acts."""

    def __init__(self) -> None:
        self.active: list[Fault] = []
        self._written: set[tuple[str, str | None]] = set()

    def put(self, documents: Json) -> None:
        """Replace all faults."""
        self.active = parse(documents)
        self._written.clear()

    def knows(self, kind: str) -> bool:
        """Whether a fault of this kind is in force."""
        return any(kind in fault.do and fault.left != 0 for fault in self.active)

    def door(self, service: str, alias: str) -> str | None:
        """The door that leads to a service of a tenant or an AWS entry, when it is not the usual one."""
        for fault in self.active:
            asked = {"service": service, "tenant": alias}
            if "connect" in fault.do and all(asked[word] == value for word, value in fault.match.items()):
                return str(fault.do["connect"])
        return None

    def take(self, entry: Entry) -> Deed:
        """What the first matching fault does to this request (empty: nothing); it has acted once more."""
        if entry.write:
            self._written.add((entry.service, entry.tenant))
        for fault in self.active:
            if fault.matches(entry) and ("stale" not in fault.do or (entry.service, entry.tenant) in self._written):
                if fault.left is not None:
                    fault.left -= 1
                entry.facts["fault"] = sorted(set(fault.do) & set(KINDS))
                return fault.do
        return Deed()
