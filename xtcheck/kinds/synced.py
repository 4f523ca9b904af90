"""What arrived in the target of a link: everybody in scope, once, with what the job's own mapping makes of him.

Learn: entra/identity/multi-tenant-organizations/cross-tenant-synchronization-overview and
entra/identity/app-provisioning/how-provisioning-works.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from xtcheck.errors import Uninterpretable
from xtcheck.estate import Scope
from xtcheck.kinds import licences
from xtcheck.kinds.app_roles import NO_ROLE, provisioning
from xtcheck.kinds.audits import UPDATED_USERS, updated
from xtcheck.kinds.cycles import CYCLE, Cycles
from xtcheck.kinds.mappings import user_mapping
from xtcheck.kinds.mending import follows
from xtcheck.kinds.secrets import secret
from xtcheck.kinds.synchronization import APP, ASSIGNED, CONSOLE, JOB, NOT_IN, SCHEMA, SYNC_SECRETS
from xtcheck.model import Break, Columns, Grade, Kind, List, Ref, Seen, Setting, Severity
from xtcheck.provisioned import attributes, filters
from xtcheck.values.mapped import SEMANTICS, AsMapped, aside, settled

if TYPE_CHECKING:
    import polars as pl

    from xtcheck.provisioned.comparison import Comparison, Wanted
    from xtcheck.provisioned.flows import Flow
    from xtcheck.tables import Table

Json = Any

AREA = "synchronization"
USERS = "/users?$top=999"
WITNESS = ("accountEnabled", "userPrincipalName")
"""What every user has: whoever sees it null may not see the rest either."""
MAILBOX = ("mail", "showInAddressList")
"""What is not written any more once the target's user has a mailbox there
(Learn: cross-tenant-synchronization-overview)."""
GUEST, MEMBER = "Guest", "Member"


# --- what is read ---------------------------------------------------------------------------------------------------


def mapped(schema: Json) -> tuple[Json, tuple[Flow, ...]]:
    """The user mapping of a job, and its flows.

    :raises Uninterpretable: it is not understood.
    """
    from xtcheck.provisioned.flows import flows

    mapping = user_mapping(schema)
    return mapping, flows(schema, mapping)


def understood(fields: Callable[[Json], set[str]]) -> Callable[[Json], Iterable[str] | None]:
    """Fields by a schema; none of one that is not understood: the view meets the same, and says it."""

    def wanted(schema: Json) -> Iterable[str] | None:
        try:
            return fields(schema)
        except (Uninterpretable, LookupError, TypeError, AttributeError, ValueError):
            return None

    return wanted


def mapped_fields(schema: Json) -> set[str]:
    """The properties that the mapping and its filters need of the users whom a job reads."""
    mapping, found = mapped(schema)
    names = {name for flow in found for name in flow.attributes} | filters.named(mapping)
    return attributes.columns(names)


def _source_fields(schema: Json) -> set[str]:
    """The properties that the mapping, its filters and the joining need of the source's users."""
    return mapped_fields(schema) | {"mail", "userType", "createdDateTime"}


def _target_fields(schema: Json) -> set[str]:
    """The properties that show what the mapping wrote, and whose user it is."""
    _, found = mapped(schema)
    names = {flow.attribute for flow in found} - attributes.SOURCE_ONLY
    plans = {"assignedPlans"} if names & set(MAILBOX) else set()
    return attributes.columns(names) | plans | {"mail", "userType"}


SOURCE_USERS = Kind(
    "source-users",
    "users of the source",
    home="source",
    subject="link",
    source=Columns(USERS, understood(_source_fields), WITNESS),
    parent=SCHEMA,
    permission="User.Read.All",
    area=AREA,
    not_in=NOT_IN,
)

TARGET_USERS = Kind(
    "target-users",
    "users for the link from",
    home="target",
    subject="link",
    key="{source.alias}",
    source=Columns(USERS, understood(_target_fields), WITNESS),
    parent=SCHEMA,
    permission="User.Read.All",
    area=AREA,
    not_in=NOT_IN,
)

LOG = Kind(
    "sync-log",
    "provisioning log of the synchronization job",
    home="source",
    subject="link",
    source=List("/auditLogs/provisioning?$filter=jobId eq '{sync-job.id}'"),
    parent=JOB,
    permission="ProvisioningLog.Read.All",
    area=AREA,
    not_in=NOT_IN,
)


def _reads(scope: Scope) -> Mapping[str, Ref]:
    if scope.link is None:
        raise LookupError("synchronized users need a link")
    refs = {
        "sync-schema": SCHEMA.ref(scope),
        "sync-job": JOB.ref(scope),
        "sync-app": APP.ref(scope),
        "sync-assignments": ASSIGNED.ref(scope),
        "sync-members": licences.MEMBERS.ref(scope),
        "source-users": SOURCE_USERS.ref(scope),
        "target-users": TARGET_USERS.ref(scope),
    }
    # Where nothing but least privilege is given, the row `synchronization.scope` stands for the scope.
    return refs | ({"sync-secrets": SYNC_SECRETS.ref(scope)} if scope.estate.tenants[scope.link.source].secrets else {})


def _logs(scope: Scope) -> Mapping[str, Ref]:
    if scope.link is None:
        raise LookupError("synchronized users need a link")
    return {"sync-log": LOG.ref(scope), **updated(scope.at(scope.link.source), UPDATED_USERS)}


# --- who is who -----------------------------------------------------------------------------------------------------


def logged(records: Json) -> list[tuple[str, str]]:
    """Of a provisioning log the pairs of source and target users, by object id; what failed or was deleted is none."""
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for record in records or ():
        source, target = record.get("sourceIdentity") or {}, record.get("targetIdentity") or {}
        status = (record.get("provisioningStatusInfo") or {}).get("status")
        kinds = {str(identity.get("identityType")).casefold() for identity in (source, target)}
        if str(status).casefold() != "success" or kinds != {"user"} or not source.get("id") or not target.get("id"):
            continue
        pair = (str(source["id"]).lower(), str(target["id"]).lower())
        deleted = str(record.get("provisioningAction")).casefold() in ("delete", "stageddelete")
        at = str(record.get("activityDateTime"))
        if pair not in found or found[pair][0] < at:
            found[pair] = (at, deleted)
    return [pair for pair, (_, deleted) in found.items() if not deleted]


class Scoping(NamedTuple):
    """Who is in scope by assignment, as far as that is read."""

    everybody: bool
    read: bool
    kept: bool
    """Who leaves the scope is left alone (Learn: skip-out-of-scope-deletions)."""
    assigned: frozenset[str]
    """Object ids, in small letters."""


def _scoping(seen: Seen) -> Scoping:
    settings = seen.documents.get("sync-secrets")
    every = secret(settings, "SyncAll") if settings is not None else None
    if settings is not None and str(every).lower() not in ("true", "false"):
        raise Uninterpretable("the scope is neither the assigned users nor all: SyncAll is not shown")
    people = licences.in_scope(
        seen.documents["sync-assignments"], seen.documents["sync-app"], seen.documents["sync-members"]
    )
    kept = settings is not None and str(secret(settings, "SkipOutOfScopeDeletions")).lower() == "true"
    return Scoping(str(every).lower() == "true", settings is not None, kept, frozenset(map(str.lower, people)))


def _people(users: pl.DataFrame, mapping: Json, scoping: Scoping) -> pl.DataFrame:
    """The users of the source, each with whether he is in scope."""
    import polars as pl

    from xtcheck.provisioned.names import EXTERNAL, invited

    name = pl.col("userPrincipalName")
    external = name.str.to_lowercase().str.contains(EXTERNAL, literal=True)
    chosen = pl.lit(value=True) if scoping.everybody else pl.col("id").str.to_lowercase().is_in(list(scoping.assigned))
    # Guests of the source, external or not, are skipped (Learn: cross-tenant-synchronization-overview).
    kept = ~external & (pl.col("userType").fill_null(MEMBER) != GUEST)
    return users.with_columns(admitted=filters.let_in(mapping, users)).select(
        "id",
        "mail",
        name=name,
        key=invited(pl.col("mail"), name),
        chosen=chosen & kept,
        scoped=chosen & kept & pl.col("admitted"),
        enabled="accountEnabled",
        since=pl.col("createdDateTime").str.to_datetime("%+", strict=False, time_zone="UTC"),
        external=external,
    )


def _there(users: pl.DataFrame, people: pl.DataFrame, *, members: bool) -> pl.DataFrame:
    """The users of the target, each with whether he seems to be of this job's making.

    An ordinary invitation makes a guest, so whom the mapping makes members and whose address is of the source's domains
    is most likely its own; of guests nothing can be said.
    """
    import polars as pl

    from xtcheck.provisioned.names import invitation

    at_home = people.filter(~pl.col("external")).select(
        domain=pl.col("name").str.to_lowercase().str.split("@").list.last()
    )
    key = invitation(pl.col("userPrincipalName"))
    domains = at_home.get_column("domain").unique().to_list()
    ours = key.str.split("_").list.last().is_in(domains) & (pl.col("userType") == MEMBER) & pl.lit(members)
    return users.select(
        "id",
        name="userPrincipalName",
        key=key,
        mail=pl.col("mail").str.to_lowercase(),
        ours=ours.fill_null(value=False),
    )


# --- what came of it ------------------------------------------------------------------------------------------------


def _synced(seen: Seen) -> Json:
    import polars as pl

    from xtcheck.provisioned.comparison import compare

    mapping, found = mapped(seen.documents["sync-schema"])
    scoping, log = _scoping(seen), seen.documents.get("sync-log")
    schema = seen.documents["sync-schema"]
    sources = users(seen.documents["source-users"], _source_fields(schema))
    targets = users(seen.documents["target-users"], _target_fields(schema))
    people = _people(sources, mapping, scoping)
    held = {flow.attribute: attributes.held(targets, flow.attribute) for flow in found if _is_shown(flow.attribute)}
    wanted = [_wanted(flow, sources, targets, held, seen) for flow in found if flow.attribute in held]
    by_name = {one.attribute: one.values for one in wanted}
    mail = by_name.get("mail", people["mail"]).fill_null("").str.to_lowercase()
    people = people.with_columns(mail=mail.replace("", None))
    there = _there(targets, people, members=_all_members(by_name))
    pairs = pl.DataFrame(logged(log), schema={"source": pl.String, "target": pl.String}, orient="row")
    compared = compare(people, there, wanted, held, logged=None if log is None else pairs)
    chosen = people.filter(pl.col("chosen"))
    out = filters.left_out(chosen["scoped"], chosen.height, "" if scoping.everybody else "assigned")
    given = provisioning(seen.documents["sync-assignments"], seen.documents["sync-app"])
    cycles = Cycles(seen, seen.documents["sync-job"], mapping, found, given)
    return _told(_with_strangers(compared, scoping, sources), scoping, cycles, seen, out)


def users(table: Table, fields: Iterable[str]) -> pl.DataFrame:
    """The columns of a table that are needed: it may have those of other rows besides."""
    return table.scan().select(sorted({"id", *WITNESS, *fields})).collect()


def _is_shown(attribute: str) -> bool:
    return attribute not in attributes.SOURCE_ONLY and attributes.column(attribute) is not None


def _all_members(wanted: Mapping[str, pl.Series]) -> bool:
    """Whether the mapping makes everybody a member, and nobody a guest, as an ordinary invitation does."""
    kinds = wanted.get("userType")
    return kinds is not None and kinds.unique().to_list() == [MEMBER]


def _wanted(
    flow: Flow, sources: pl.DataFrame, targets: pl.DataFrame, held: Mapping[str, pl.Series], seen: Seen
) -> Wanted:
    import polars as pl

    from xtcheck.provisioned.flows import wanted

    stated = (seen.expected or {}).get(SEMANTICS, {})
    found = wanted(flow, sources, now=seen.now, semantics=settled(stated))
    if targets[attributes.column(flow.attribute) or "id"].dtype == pl.Boolean:
        # A constant of a policy or a portal is "true", Graph's value true, provisioning's "True".
        found = replace(found, values=found.values.str.to_lowercase().replace({"true": "True", "false": "False"}))
    if flow.attribute == "accountEnabled":
        return replace(found, aside=True)
    if flow.attribute in MAILBOX:
        # Graph does not show showInAddressList reliably (Graph: user); null says nothing.
        mailbox = attributes.has_mailbox(targets)
        if flow.attribute == "showInAddressList":
            mailbox |= held[flow.attribute].is_null()
        return replace(found, excused=mailbox)
    return found


def _with_strangers(found: Comparison, scoping: Scoping, sources: pl.DataFrame) -> Comparison:
    """Those besides who are assigned, and whom nobody saw among the users."""
    from xtcheck.provisioned.comparison import Open, Person

    if scoping.everybody:
        return found
    unseen = sorted(scoping.assigned - set(sources["id"].str.to_lowercase()))
    strangers = (Open(Person(id_, id_), "assigned, and not among the users of the source") for id_ in unseen)
    return replace(found, open=(*found.open, *strangers))


def _told(found: Comparison, scoping: Scoping, cycles: Cycles, seen: Seen, out: Iterable[str]) -> Json:
    from xtcheck.provisioned.told import told

    log = seen.documents.get("sync-log")
    joined = "the provisioning log" if found.exact and log else "the log and by address" if log else "address"
    basis = f"joined by {joined}" + ("" if scoping.read else ", the scope taken to be the assigned")
    notes = [f"{len(found.leftovers)} out of scope are there, as the job is told to leave them"] * bool(found.leftovers)
    return told(
        replace(found, leftovers=()) if scoping.kept else found,
        notes=[*out, *(notes if scoping.kept else ()), *cycles.notes()],
        basis=basis,
        grade=Grade.EXACT if found.exact and scoping.read else Grade.INFERRED,
        state=cycles.state,
    )


def grade(observed: Json) -> Grade:
    """How well the verdict is founded: exactly where the log says who is who, and who is in scope is read."""
    return Grade(observed["grade"])


LINK = Kind(
    "synced-users",
    "synchronized users",
    home="source",
    subject="link",
    place="synchronization",
    label="synchronization",
    area=AREA,
    not_in=NOT_IN,
    settings=(
        Setting(
            "synced-users",
            AsMapped(),
            "Everybody in scope in the source is in the target, once, enabled there as here, and with exactly the "
            "values that the job's own mapping yields for him; nobody else whom the job made is there. In scope are "
            "those who are assigned in a role that provisions, directly or as direct members of an assigned group, or "
            "all where that is read, as far as the scoping filters let them in. Exact where the provisioning log says "
            "who is who and the scope is read; otherwise people are found by their addresses, which is inferred.",
            view=_synced,
            reads=_reads,
            context=_logs,
            breaks=(
                Break("source-users", "#department", "Drifted"),
                Break("sync-assignments", "-", None),
                Break("sync-assignments", "#appRoleId", NO_ROLE),
            ),
            severity=Severity.CRITICAL,
            graded=grade,
            lag=CYCLE,
            people=aside,
            mending=follows("the job writes it, from the source"),
            remedy=f"{CONSOLE} > Provision on demand, or restart provisioning: the job looks at the source alone, and "
            "a value that was edited in the target stays until the source changes",
        ),
    ),
)

KINDS = (SOURCE_USERS, TARGET_USERS, LOG, LINK)
