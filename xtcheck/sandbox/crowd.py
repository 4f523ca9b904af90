"""A crowd: so many users of a tenant, whom nobody assigned to anything, that they are made when somebody asks for them.

The tree has only their number, as ``crowd`` of a tenant, so that it stays small: copying it, comparing it and drifting
it cost what they cost without. A crowd lives in a tenant that is no source of a synchronization.
"""

from __future__ import annotations

import hashlib
import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import overload

from typing_extensions import override

from xtcheck.sandbox.wire import Json
from xtcheck.sandbox.worlds.tenant import user

DEPARTMENTS = ("Finance", "Sales", "Legal", "Support")
LEAVER = 9
"""Every ninth is disabled."""
PERIOD = len(DEPARTMENTS) * LEAVER
"""Two whose numbers are so far apart differ only in what they are called."""
_SPREAD, _ROOM = 0x9E3779B1, 1 << 32
_BACK = pow(_SPREAD, -1, _ROOM)
_ID = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}")
_NAME = re.compile(r"person(\d{7})@")


class Crowd(Mapping[str, Json]):
    """Users by object id, each made anew from its number."""

    def __init__(self, tenant: dict[str, Json]) -> None:
        self._tenant = tenant
        self._size: int = tenant.get("crowd", 0)
        self._key = tenant["id"].encode()[:64]
        self._domain = next(domain["name"] for domain in tenant["organization"]["verifiedDomains"])

    def numbered(self, number: int) -> Json:
        """The user with a number, from 0."""
        made = user(
            self._tenant,
            self.id_of(number),
            f"Person {number:07d}",
            f"person{number:07d}@{self._domain}",
            DEPARTMENTS[number % len(DEPARTMENTS)],
            "Associate",
        )
        made["accountEnabled"] = number % LEAVER != 0
        return made

    def id_of(self, number: int) -> str:
        """The object id: looks like any other, and yet tells the number."""
        rest = hashlib.blake2b(number.to_bytes(4), digest_size=12, key=self._key).hexdigest()
        return f"{number * _SPREAD % _ROOM:08x}-{rest[:4]}-4{rest[4:7]}-a{rest[7:10]}-{rest[10:22]}"

    def named(self, principal_name: str) -> Json | None:
        """The user of a user principal name, if there is one."""
        found = _NAME.match(principal_name.lower())
        if found is None or int(found[1]) >= self._size:
            return None
        made = self.numbered(int(found[1]))
        return made if made["userPrincipalName"].lower() == principal_name.lower() else None

    def chosen(self, selects: Callable[[Json], bool]) -> Iterator[str]:
        """The ids of whom a rule selects.

        A rule that asks for nothing in which everybody differs answers alike for everybody of one kind.
        """
        kinds = [_Watched(self.numbered(number)) for number in range(min(PERIOD, self._size))]
        answers = [selects(kind) for kind in kinds]
        asked = {name for kind in kinds for name in kind.asked}
        first, other = self.numbered(0), self.numbered(PERIOD)
        if any(first[name] != other[name] for name in asked if name in first):
            yield from (found["id"] for found in self.values() if selects(found))
        elif any(answers):
            yield from (self.id_of(number) for number in range(self._size) if answers[number % PERIOD])

    def __getitem__(self, identifier: str) -> Json:
        found = _ID.fullmatch(identifier.lower())
        number = int(found[1], 16) * _BACK % _ROOM if found else self._size
        if number >= self._size or self.id_of(number) != identifier.lower():
            raise KeyError(identifier)
        return self.numbered(number)

    def __iter__(self) -> Iterator[str]:
        return map(self.id_of, range(self._size))

    def __len__(self) -> int:
        return self._size


class _Watched(dict[str, Json]):
    """A document that knows which of its fields were asked for."""

    def __init__(self, document: Json) -> None:
        super().__init__(document)
        self.asked: set[str] = set()

    def get(self, key: str, default: Json = None) -> Json:
        self.asked.add(key)
        return super().get(key, default)


class Users(Mapping[str, Json]):
    """The users of a tenant by object id: those in the tree, then the crowd."""

    def __init__(self, tenant: dict[str, Json]) -> None:
        self._own: dict[str, Json] = tenant["users"]
        self.crowd = Crowd(tenant)

    def __getitem__(self, identifier: str) -> Json:
        return self._own[identifier] if identifier in self._own else self.crowd[identifier]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from self.crowd

    def __len__(self) -> int:
        return len(self._own) + len(self.crowd)


class Lazy(Sequence[Json]):
    """A list of documents, of which only the part that is asked for is made."""

    @overload
    def __getitem__(self, place: int) -> Json: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[Json]: ...

    def __getitem__(self, place: int | slice) -> Json:
        if isinstance(place, slice):
            return [self._at(index) for index in range(*place.indices(len(self)))]
        return self._at(range(len(self))[place])

    @abstractmethod
    def _at(self, index: int) -> Json:
        """One of them, from 0."""


class Listed(Lazy):
    """The same users as a list."""

    def __init__(self, tenant: dict[str, Json]) -> None:
        self._own = list(tenant["users"].values())
        self._crowd = Crowd(tenant)

    @override
    def _at(self, index: int) -> Json:
        known = len(self._own)
        return self._own[index] if index < known else self._crowd.numbered(index - known)

    def __len__(self) -> int:
        return len(self._own) + len(self._crowd)
