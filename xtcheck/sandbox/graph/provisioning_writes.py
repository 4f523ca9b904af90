"""The rows of Microsoft Graph that write provisioning: jobs, their state, secrets and schemas.

https://learn.microsoft.com/graph/api/resources/synchronization-overview
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

from xtcheck.sandbox import engines
from xtcheck.sandbox.engines import jobs
from xtcheck.sandbox.engines.expressions import evaluate
from xtcheck.sandbox.graph import parsing, templates
from xtcheck.sandbox.graph.bodies import body, created, done
from xtcheck.sandbox.graph.directory import pick
from xtcheck.sandbox.graph.errors import GraphError, bad
from xtcheck.sandbox.graph.fields import wrong_document
from xtcheck.sandbox.graph.router import CONTENT_TYPE, Call, Route
from xtcheck.sandbox.state import stamp_exact
from xtcheck.sandbox.wire import Json, Response
from xtcheck.sandbox.worlds.application import new_job, synchronization_of

WRITE = frozenset({"Synchronization.ReadWrite.All"})
NEVER_EMPTY = "SyncNotificationSettings"
"""The secret that is itself JSON, and cannot be removed by an empty text."""
SCOPES = {"None": 0, "ConnectorDataStore": 1, "Escrows": 2, "Watermark": 4, "QuarantineState": 8, "Full": 15,
          "ForceDeletes": 32}  # fmt: skip
"""The flags of ``resetScope`` (synchronizationJobRestartCriteria)."""


def _principal(call: Call) -> Json:
    return pick(call.tenant["servicePrincipals"], call.parts["sp"])


def _seen(call: Call) -> dict[str, Json]:
    """What the application has of provisioning, for looking at only."""
    empty: dict[str, Json] = {"jobs": {}, "secrets": {}}
    found: dict[str, Json] = call.tenant["synchronization"].get(_principal(call)["id"], empty)
    return found


def _job(call: Call) -> Json:
    found = _seen(call)["jobs"].get(call.parts["job"])
    if found is None:
        raise GraphError(404, "ResourceNotFound", f"The job '{call.parts['job']}' was not found.")
    return found


def _add(call: Call) -> Response:
    """A job is made switched off, with the template's schema; its template's name is compared with its case."""
    principal, wanted = _principal(call), body(call).get("templateId")
    known = [template["id"] for template in templates.of_application(principal["applicationTemplateId"])]
    if wanted not in known:
        raise bad(f"The template '{wanted}' is not one of this application.", "InvalidTemplate")
    made = new_job(call.tenant, principal, str(wanted), str(uuid.uuid4()))
    context = f"servicePrincipals('{principal['id']}')/synchronization/jobs/$entity"
    return created(call, "synchronizationJob", made, context)


def _delete(call: Call) -> Response:
    found = _job(call)["id"]
    synchronization = synchronization_of(call.tenant, _principal(call))
    for collection in ("jobs", "schemas", "links", "scopes"):
        synchronization.get(collection, {}).pop(found, None)
    return done()


def _start(call: Call) -> Response:
    """Also without secrets, or with bad ones: what is wrong shows in the job's status later."""
    jobs.start(_job(call))
    _run_next(call)
    return done()


def _run_next(call: Call) -> None:
    engines.soon(call.state, call.alias, _principal(call)["id"], call.parts["job"])


def _pause(call: Call) -> Response:
    found = _job(call)
    found["schedule"]["state"] = "Disabled"
    found["status"]["code"] = "Paused"
    return done()


def _restart(call: Call) -> Response:
    """Everybody is looked at anew; with the connector's data forgotten, also what the target was given before."""
    found = _job(call)
    criteria = body(call).get("criteria") or {} if call.request.body else {}
    reset = _reset(criteria.get("resetScope"))
    links = synchronization_of(call.tenant, _principal(call))["links"].get(found["id"])
    if found["templateId"] == "aWSSingleSignon" and links:
        for kind in ("User", "Group"):
            if reset & SCOPES["ConnectorDataStore"]:
                links[kind].clear()
            for known in links[kind].values():
                known["sent"] = {}
    if found["status"]["quarantine"] and not reset & (SCOPES["QuarantineState"] | SCOPES["ForceDeletes"]):
        return done()
    synchronization_of(call.tenant, _principal(call)).get("scopes", {}).pop(found["id"], None)
    jobs.start(found)
    _run_next(call)
    return done()


def _reset(text: Json) -> int:
    """The flags of a reset scope; without one everything is reset."""
    words = [word.strip() for word in str(text if text is not None else "Full").split(",")]
    if not set(words) <= set(SCOPES):
        raise bad(f"Requested value '{text}' was not found in resetScope.", "BadRequest")
    flags = 0
    for word in words:
        flags |= SCOPES[word]
    return flags


def _pairs(call: Call, name: str) -> dict[str, str]:
    """A list of keys and values in a body, under a name; raises GraphError 400."""
    found = body(call).get(name)
    if not isinstance(found, list):
        raise bad(f"The property '{name}' is required.", "BadRequest")
    for each in found:
        if not isinstance(each, dict) or set(each) != {"key", "value"} or not isinstance(each["key"], str):
            raise bad("A secret is a key and a value.", "BadRequest")
        if not isinstance(each["value"], str):
            raise bad("The value of a secret is a text.", "BadRequest")
    return {each["key"]: each["value"] for each in found}


def _put_secrets(call: Call) -> Response:
    """Sets the keys that are named, and removes those with an empty value; others stay (msgraph-metadata#347).

    What is echoed as an asterisk is an asterisk from then on.
    """
    synchronization, sent = synchronization_of(call.tenant, _principal(call)), _pairs(call, "value")
    if NEVER_EMPTY in sent and not isinstance(_loaded(sent[NEVER_EMPTY]), dict):
        message = {
            "error": {"code": "InvalidNotificationSettings", "message": "The notification settings are invalid."}
        }
        raise bad(json.dumps(message), "UnknownError")
    if "SyncAll" in sent:
        _keep_scope(synchronization)
    kept = synchronization["secrets"] | sent
    synchronization["secrets"] = {key: value for key, value in kept.items() if value != ""}
    return done()


def _keep_scope(synchronization: dict[str, Json]) -> None:
    """A job that has run goes on with the scope that it had, until it is restarted."""
    scopes = synchronization.setdefault("scopes", {})
    for job in synchronization["jobs"].values():
        if jobs.has_run(job):
            scopes.setdefault(job["id"], synchronization["secrets"].get("SyncAll", "false"))


def _loaded(text: str) -> Json:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _validate(call: Call) -> Response:
    """*Test connection*: with the credentials of the body, or with those that are saved. Changes nothing."""
    synchronization, asked = _seen(call), body(call)
    saved = asked.get("useSavedCredentials", False)
    given = {} if saved else _pairs(call, "credentials")
    secrets = synchronization["secrets"] if saved else given
    job = synchronization["jobs"].get(call.parts.get("job", ""))
    template = job["templateId"] if job else asked.get("templateId")
    try:
        jobs.connect(call.state, call.alias, str(template), secrets)
    except jobs.Quarantined as error:
        raise GraphError(400, error.code, error.message) from error
    return done()


def _put_schema(call: Call) -> Response:
    """Takes the whole document: rules and directories. The service gives it another version."""
    found, schema = _job(call), body(call)
    reason = wrong_document("synchronizationSchema", schema, "schema")
    if reason:
        raise bad(f"The schema is invalid: {reason}.", "schemaInvalid")
    for name in ("synchronizationRules", "directories"):
        if not schema.get(name):
            raise bad(f"The schema is invalid: {name} is required.", "schemaInvalid")
    _check_mappings(schema)
    version = f"Date:{stamp_exact(call.state.clock.now())}, ActivityId:{uuid.uuid4()}"
    synchronization = synchronization_of(call.tenant, _principal(call))
    synchronization["schemas"][found["id"]] = schema | {"id": found["id"], "version": version}
    if found["schedule"]["state"] == "Active":
        _run_next(call)
    return done()


def _check_mappings(schema: Json) -> None:
    """A mapping goes to an attribute that the target directory has, and one of an enabled kind matches."""
    directories = {each["name"]: each for each in schema["directories"]}
    for rule in schema["synchronizationRules"]:
        target = directories.get(rule.get("targetDirectoryName"), {"objects": []})
        objects = {each["name"]: each["attributes"] for each in target["objects"]}
        for mapping in rule["objectMappings"]:
            known = {each["name"].lower() for each in objects.get(mapping["targetObjectName"]) or ()}
            for each in mapping["attributeMappings"] if mapping["enabled"] else ():
                name = each["targetAttributeName"]
                if known and name.lower() not in known:
                    raise bad(f"The target attribute '{name}' does not exist in the target directory.", "schemaInvalid")


def _delete_schema(call: Call) -> Response:
    """Back to the template's."""
    found = _job(call)
    schema = templates.synchronization_template(found["templateId"])["schema"]
    synchronization_of(call.tenant, _principal(call))["schemas"][found["id"]] = schema | {"id": found["id"]}
    return done()


def _parse_expression(call: Call) -> Response:
    """200 also for what is no expression: the answer says whether it was understood. Changes nothing."""
    _job(call)
    asked = body(call)
    properties = ((asked.get("testInputObject") or {}).get("properties")) or []
    answer: dict[str, Json] = {
        "@odata.context": f"{call.root}/$metadata#microsoft.graph.parseExpressionResponse",
        "parsingSucceeded": False,
        "parsedExpression": None,
        "evaluationSucceeded": False,
        "evaluationResult": [],
        "error": None,
    }
    try:
        source = parsing.parse(str(asked.get("expression") or ""))
        answer |= {"parsingSucceeded": True, "parsedExpression": source}
        if properties:
            value = evaluate(source, {each["key"]: each["value"] for each in properties})
            answer |= {"evaluationSucceeded": True, "evaluationResult": [] if value is None else [str(value)]}
    except (parsing.Unparsable, ValueError) as error:
        answer["error"] = {"code": "ExpressionInvalid", "message": str(error), "details": []}
    return Response.of_json(answer, 200, CONTENT_TYPE)


_SYNC = "/servicePrincipals/{sp}/synchronization"
_JOBS = f"{_SYNC}/jobs"
_JOB = f"{_JOBS}/{{job}}"


def _route(method: str, template: str, answer: Callable[[Call], Response]) -> Route:
    return Route(method, template, "synchronizationJob", "", WRITE, answer, owned=True, synchronization=True)


ROUTES: tuple[Route, ...] = (
    _route("POST", f"{_JOBS}/validateCredentials", _validate),
    _route("POST", f"{_JOB}/validateCredentials", _validate),
    _route("POST", _JOBS, _add),
    _route("DELETE", _JOB, _delete),
    _route("POST", f"{_JOB}/start", _start),
    _route("POST", f"{_JOB}/pause", _pause),
    _route("POST", f"{_JOB}/restart", _restart),
    _route("PUT", f"{_SYNC}/secrets", _put_secrets),
    _route("PUT", f"{_JOB}/schema", _put_schema),
    _route("DELETE", f"{_JOB}/schema", _delete_schema),
    _route("POST", f"{_JOB}/schema/parseExpression", _parse_expression),
)
