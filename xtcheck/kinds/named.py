"""The name in the assertion and the user name in AWS, person by person: sign-in fails for whom they differ.

A person of another Entra tenant bears his name at home in the assertion where it is made of ``user.userprincipalname``,
other external people the name of this tenant, which ``user.localuserprincipalname`` is for everybody (Learn:
entra/external-id/claims-mapping). Provisioning reads his name at home out of the name of this tenant, as it was when he
was invited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds.application import AREA, SCHEMA
from xtcheck.kinds.carried import STRANGER, Carried, carried, reads
from xtcheck.kinds.saml import USER_NAME, claims, name_id, name_reads
from xtcheck.kinds.saml_addresses import SSO
from xtcheck.kinds.synced import USERS, WITNESS
from xtcheck.kinds.synchronization import NOT_IN
from xtcheck.languages.expressions.letters import folded
from xtcheck.model import Break, Columns, Grade, Kind, Ref, Seen, Setting, Severity
from xtcheck.values import Findings
from xtcheck.values.findings import note, people, unknown

Json = Any

SOURCES = {
    "mail": "mail",
    "mailnickname": "mailNickname",
    "employeeid": "employeeId",
    "objectid": "id",
    "localuserprincipalname": "userPrincipalName",
}
"""Of the sources of a claim those that are a property of the user, whoever he is."""
NAMES = {*SOURCES.values(), "identities"}
USUAL = "userprincipalname"
ENTRA_ID = "ExternalAzureAD"
"""The issuer of the identity of somebody from another Entra tenant (Graph: objectIdentity)."""

NAMED_USERS = Kind(
    "named-users",
    "users of the tenant and their names",
    home="tenant",
    subject="aws",
    source=Columns(USERS, lambda _: NAMES, WITNESS),
    parent=SCHEMA,
    permission="User.Read.All",
    area=AREA,
)

HOME_USERS = Kind(
    "home-users",
    "users at home",
    home="tenant",
    source=Columns(USERS, lambda _: ("mail",), WITNESS),
    permission="User.Read.All",
    area=AREA,
)


def _reads(scope: Scope) -> Mapping[str, Ref]:
    own = scope.place("tenant")
    tenants = scope.estate.tenants
    links = (link for link in scope.estate.links if link.target == own and tenants[link.source].cloud not in NOT_IN)
    sources = dict.fromkeys(link.source for link in links)
    homes = {f"home-users-{alias}": HOME_USERS.ref(scope.at(alias)) for alias in sources}
    return {**name_reads(scope), **reads(scope), "named-users": NAMED_USERS.ref(scope), **homes}


@dataclass(frozen=True, slots=True)
class _Homes:
    """Names at home, of the people of the source tenants: by what an invitation keeps of the address, and by mail."""

    names: Mapping[str, frozenset[str]]

    @classmethod
    def of(cls, seen: Seen, wanted: list[str]) -> _Homes:
        """Of those who answer to one of some addresses, in small letters and in either form."""
        import polars as pl

        from xtcheck.provisioned.names import EXTERNAL, invited

        names: dict[str, set[str]] = {}
        for read, document in seen.documents.items():
            if not read.startswith("home-users-"):
                continue
            name, mail = pl.col("userPrincipalName"), pl.col("mail")
            own = document.scan().filter(~name.str.to_lowercase().str.contains(EXTERNAL, literal=True))
            rows = own.select(key=invited(mail, name), mail=mail.str.to_lowercase(), name=name)
            near = rows.filter(pl.col("key").is_in(wanted) | pl.col("mail").is_in(wanted)).collect()
            for key, address, called in near.iter_rows():
                for each in filter(None, (key, address)):
                    names.setdefault(each, set()).add(called)
        return cls({key: frozenset(several) for key, several in names.items()})

    def of_person(self, name: str, mail: str | None) -> str | None:
        """The name at home of an external user; None where it is not known, or not one."""
        found = self.names.get(name.lower().partition("#ext#")[0]) or self.names.get((mail or "").lower()) or ()
        return next(iter(found)) if len(found) == 1 else None


def _named(seen: Seen) -> list[Json]:
    from xtcheck.provisioned.comparison import UNSCOPED

    source = name_id(seen)
    if source != USUAL and source not in SOURCES:
        raise Uninterpretable(f"the NameID is made of user.{source}, of which nothing is known here")
    found = carried(seen)
    if "userName" not in found.wanted:
        raise Uninterpretable("the job's mapping makes no userName")
    asserted, open_ = _asserted(source, found, seen)
    writes, hangs, scoped = found.wanted["userName"].values, found.wanted["userName"].open, found.scoped.to_list()
    told: list[Json] = [unknown(id_, STRANGER) for id_ in found.strangers]
    for row, (name, id_) in enumerate(zip(found.names(), found.users["id"], strict=True)):
        if scoped[row] is False:
            continue
        why, said = open_.get(row, ""), _difference(asserted[row], writes[row])
        if not why and hangs is not None and hangs[row] is not None:
            why = f"what SCIM writes hangs on {hangs[row]}"
        elif not why and said and folded(asserted[row] or "") == folded(writes[row] or "") != "":
            why = "the two differ in letter case alone, and whether AWS tells that apart is not documented"
        elif not why and said and scoped[row] is None:
            why = f"{UNSCOPED}; if they do: {said}"
        if why:
            told.append(unknown(name, why, [id_]))
        elif said:
            told.append({"name": name, "also": [id_], "id": id_, "text": f"{name}: {said}"})
    return [*told, *map(note, found.filtered())]


def _difference(asserted: str | None, written: str | None) -> str:
    """What is said of the two names; nothing where they are the same name, and not the same lack of one."""
    same = asserted == written and bool(asserted)
    return "" if same else f"SAML says {asserted or 'nothing'}, SCIM writes {written or 'nothing'}"


def _asserted(source: str, found: Carried, seen: Seen) -> tuple[list[str | None], dict[int, str]]:
    """What SAML says of each person, and by row why that is not known."""
    import polars as pl

    from xtcheck.provisioned.names import EXTERNAL

    ids = found.users.select("id")
    table = seen.documents["named-users"].scan().select(sorted({"id", "userPrincipalName", *NAMES}))
    found_there = table.filter(pl.col("id").is_in(ids["id"].to_list())).collect()
    people = ids.join(found_there, on="id", how="left", maintain_order="left")
    if source != USUAL:
        return people[SOURCES[source]].to_list(), {}
    mails, names = people["mail"].drop_nulls(), people["userPrincipalName"]
    wanted = [*mails.str.to_lowercase(), *names.str.to_lowercase().str.split(EXTERNAL).list.first()]
    homes = _Homes.of(seen, wanted)
    texts: list[str | None] = []
    open_ = {}
    for row, (name, mail, identities) in enumerate(
        people.select("userPrincipalName", "mail", "identities").iter_rows()
    ):
        if "#ext#" not in name.lower() or not _of_entra(identities):
            texts.append(name)
            continue
        texts.append(homes.of_person(name, mail))
        if texts[-1] is None:
            open_[row] = "his name at home is not known: it is in none of the declared source tenants, or in several"
    return texts, open_


def _of_entra(identities: Iterable[Json]) -> bool:
    return any(identity["issuer"] == ENTRA_ID for identity in identities or ())


def _people(observed: Json) -> Mapping[str, list[Json]]:
    return people("different", observed)


NAMED = Kind(
    "named-people",
    "names in assertions and user names",
    home="tenant",
    subject="aws",
    parent=SCHEMA,
    place="enterprise-app",
    label="enterprise-app",
    area=AREA,
    settings=(
        Setting(
            "name-id-of-people",
            Findings("same-as-user-name", "people, by user name or object id", ignore_case=True, settles=True),
            "For everybody assigned SAML's NameID and SCIM's userName are the same text, people of other tenants "
            "included, whose names both make in ways of their own. Concluded: from the claims mapping policies, and "
            "from the names that these people have in the source tenants.",
            view=_named,
            reads=_reads,
            breaks=(
                Break("aws-schema", USER_NAME, {"type": "Constant", "expression": '"somebody"', "name": "somebody"}),
                Break("claims-policies", "#definition", [claims("mailnickname")]),
            ),
            grade=Grade.INFERRED,
            attestable=True,
            people=_people,
            severity=Severity.BLOCKER,
            remedy=f"{SSO} > Attributes & Claims > Unique User Identifier, and Provisioning > Mappings > userName",
        ),
    ),
)

KINDS = (NAMED_USERS, HOME_USERS, NAMED)
