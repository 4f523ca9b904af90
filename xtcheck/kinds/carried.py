"""What arrived in IAM Identity Center: each assigned person with the values that the SCIM job's own mapping yields.

Learn: entra/identity/saas-apps/aws-single-sign-on-provisioning-tutorial. AWS: Identity Store API reference, User.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from xtcheck.estate import Scope
from xtcheck.kinds import licences
from xtcheck.kinds.application import APP, ASSIGNED, JOB, SCHEMA
from xtcheck.kinds.audits import UPDATED_USERS, updated
from xtcheck.kinds.center import INSTANCE, USERS
from xtcheck.kinds.cycles import CYCLE, Cycles
from xtcheck.kinds.mending import FOLLOWS_ENTRA
from xtcheck.kinds.people import AREA, ASSIGNED_MEMBERS, ENTRA
from xtcheck.kinds.synced import USERS as EVERYBODY
from xtcheck.kinds.synced import WITNESS, mapped, mapped_fields, understood
from xtcheck.model import Break, Columns, Grade, Kind, Ref, Seen, Setting, Severity
from xtcheck.provisioned import attributes, filters, scim
from xtcheck.values.mapped import SEMANTICS, AsMapped, aside, settled

if TYPE_CHECKING:
    import polars as pl

    from xtcheck.provisioned.comparison import Wanted

Json = Any

COMPUTED = frozenset({"active"})
"""Whether somebody is enabled: the row ``users`` holds that against Entra."""
STRANGER = "assigned, and not among the users of the tenant"


CARRIED_USERS = Kind(
    "carried-users",
    "users of the tenant that AWS trusts",
    home="tenant",
    subject="aws",
    source=Columns(EVERYBODY, understood(mapped_fields), WITNESS),
    parent=SCHEMA,
    permission="User.Read.All",
    area=AREA,
)


def reads(scope: Scope) -> Mapping[str, Ref]:
    """What tells who is provisioned, and with what."""
    return {
        "aws-schema": SCHEMA.ref(scope),
        "aws-app": APP.ref(scope),
        "aws-app-assignments": ASSIGNED.ref(scope),
        "assigned-members": ASSIGNED_MEMBERS.ref(scope),
        "carried-users": CARRIED_USERS.ref(scope),
    }


def _all_reads(scope: Scope) -> Mapping[str, Ref]:
    return {**reads(scope), "center-users": USERS.ref(scope), "scim-job": JOB.ref(scope)}


class Carried(NamedTuple):
    """The people who are assigned, and what the mapping makes of them, row by row."""

    users: pl.DataFrame
    scoped: pl.Series
    """Null where it is not known."""
    wanted: Mapping[str, Wanted]
    strangers: tuple[str, ...]
    """The ids of those who are assigned, and not among the users of the tenant."""

    def names(self) -> pl.Series:
        """What people are called: as provisioning names them."""
        return attributes.of_source(self.users, ["userPrincipalName"]).to_series()

    def filtered(self) -> list[str]:
        """How many of those assigned the scoping filters leave out, in words; nothing where that is nobody."""
        return filters.left_out(self.scoped, self.users.height + len(self.strangers))


def carried(seen: Seen) -> Carried:
    """The people who are assigned to the AWS app, by the documents of :func:`reads`.

    :raises Uninterpretable: the schema, or a filter, is not understood.
    """
    import polars as pl

    from xtcheck.provisioned.flows import wanted

    mapping, found = mapped(seen.documents["aws-schema"])
    assigned = licences.in_scope(
        seen.documents["aws-app-assignments"], seen.documents["aws-app"], seen.documents["assigned-members"]
    )
    ids = sorted(map(str.lower, assigned))
    columns = sorted({"id", *WITNESS, *mapped_fields(seen.documents["aws-schema"])})
    table = seen.documents["carried-users"].scan().select(columns)
    users = table.filter(pl.col("id").str.to_lowercase().is_in(ids)).collect()
    semantics = settled((seen.expected or {}).get(SEMANTICS, {}))
    flows = [flow for flow in found if flow.attribute not in COMPUTED]
    values = {flow.attribute: wanted(flow, users, now=seen.now, semantics=semantics) for flow in flows}
    known = set(users["id"].str.to_lowercase())
    strangers = tuple(id_ for id_ in ids if id_ not in known)
    return Carried(users, filters.let_in(mapping, users), values, strangers)


def _attributes(seen: Seen) -> Json:
    import polars as pl

    from xtcheck.provisioned.comparison import Open, Person, compare
    from xtcheck.provisioned.told import told

    found, items = carried(seen), seen.documents["center-users"]
    texts = {name: pl.Series([scim.held(name, item) for item in items], dtype=pl.String) for name in found.wanted
             if scim.is_shown(name)}  # fmt: skip
    people = pl.DataFrame({
        "id": found.users["id"], "name": found.names(),
        "scoped": found.scoped, "enabled": found.users["accountEnabled"],
        "key": _key(found.wanted, "userName", found.users), "mail": _key(found.wanted, "externalId", found.users),
    }).with_columns(since=None)  # fmt: skip
    there = pl.DataFrame({
        "id": pl.Series([str(item["UserId"]) for item in items], dtype=pl.String),
        "name": pl.Series([str(item["UserName"]) for item in items], dtype=pl.String),
        "key": pl.Series([str(item["UserName"]).lower() for item in items], dtype=pl.String),
        "mail": pl.Series([scim.held("externalId", item) for item in items], dtype=pl.String).str.to_lowercase(),
    }).with_columns(ours=pl.lit(value=False))  # fmt: skip
    compared = compare(people, there, [found.wanted[name] for name in texts], texts)
    unseen = tuple(Open(Person(id_, id_), STRANGER) for id_ in found.strangers)
    # Who is not there, or not enabled, is told by the row `users`.
    compared = replace(compared, missing=(), unborn=(), open=(*compared.open, *unseen))
    mapping, flows = mapped(seen.documents["aws-schema"])
    cycles = Cycles(seen, seen.documents["scim-job"], mapping, flows, ())
    return told(
        compared,
        basis="found by external id and user name",
        grade=Grade.EXACT,
        state=cycles.state,
        notes=[*found.filtered(), *cycles.notes()],
    )


def _key(wanted: Mapping[str, Wanted], attribute: str, users: pl.DataFrame) -> pl.Series:
    """What somebody is found by: a value that is unique in the identity store."""
    import polars as pl

    if attribute not in wanted:
        return pl.Series([None], dtype=pl.String).new_from_index(0, users.height)
    return wanted[attribute].values.str.to_lowercase()


_Kind = partial(Kind, home="aws", subject="aws", area=AREA, parent=INSTANCE, place="identity-center.people")

ATTRIBUTES = _Kind(
    "carried-people",
    "people of the identity store and their values",
    label="people",
    mending=FOLLOWS_ENTRA,
    settings=(
        Setting(
            "attributes",
            AsMapped(),
            "Everybody assigned who is in the identity store has there exactly the values that the SCIM job's own "
            "mapping yields for him, as far as the identity store shows them. Whether everybody is there, and enabled, "
            "says `users`.",
            view=_attributes,
            reads=_all_reads,
            context=lambda scope: updated(scope.at(scope.place("tenant")), UPDATED_USERS),
            breaks=(Break("center-users", "#DisplayName", "Drifted"), Break("center-users", "#Title", "Drifted")),
            severity=Severity.CRITICAL,
            lag=CYCLE,
            people=aside,
            remedy=f"{ENTRA} > Provision on demand, or restart provisioning; never edit them in AWS",
        ),
    ),
)

KINDS = (CARRIED_USERS, ATTRIBUTES)
