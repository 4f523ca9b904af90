"""The tables against the vendors' own models: botocore's of AWS, msgraph-sdk's of Graph."""

from __future__ import annotations

import importlib
import json
import re
from functools import cache
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qsl, urlsplit

import botocore.session
import pytest
from botocore import xform_name

from tests.model.test_kinds import SLOTTED, row_id
from xtcheck import paths
from xtcheck.kinds import KINDS
from xtcheck.model import Call, Columns, Each, Get, Kind, List

CALLS = [
    (kind, source)
    for kind in KINDS
    if isinstance(source := kind.source.call if isinstance(kind.source, Each) else kind.source, Call)
]
GRAPH = [kind for kind in KINDS if isinstance(kind.source, Columns | Get | List)]

WITHOUT_BUILDER = {f"/servicePrincipals/{{{app}.id}}/synchronization/secrets" for app in ("sync-app", "aws-app")}
"""Read although the SDK can only write it: the reference documents PUT alone, the portal reads it."""

MODELS = {
    "sync-app": "service_principal.ServicePrincipal",
    "aws-app": "service_principal.ServicePrincipal",
    "aws-registration": "application.Application",
    "group": "group.Group",
    "partner": "cross_tenant_access_policy_configuration_partner.CrossTenantAccessPolicyConfigurationPartner",
    "identity-sync": "cross_tenant_identity_sync_policy_partner.CrossTenantIdentitySyncPolicyPartner",
    "sync-schema": "synchronization_schema.SynchronizationSchema",
    "sync-assignments": "app_role_assignment.AppRoleAssignment",
}


@cache
def service(name: str) -> Any:
    return botocore.session.get_session().get_service_model(name)


def operation(call: Call) -> Any:
    names = {xform_name(name): name for name in service(call.service).operation_names}
    return service(call.service).operation_model(names[call.operation])


each_call = pytest.mark.parametrize("kind, call", CALLS, ids=row_id)


@each_call
def test_an_aws_operation_exists_and_only_reads(kind: Kind, call: Call) -> None:
    assert operation(call).name.startswith(("List", "Describe", "Get", "Is", "Lookup"))


@each_call
def test_an_aws_operation_takes_these_parameters_and_needs_no_other(kind: Kind, call: Call) -> None:
    wanted = operation(call).input_shape
    if wanted is None:
        assert not call.parameters
        return
    assert set(wanted.required_members) <= set(call.parameters) <= set(wanted.members)


@each_call
def test_a_structured_parameter_is_written_as_json(kind: Kind, call: Call) -> None:
    for name, value in call.parameters.items():
        member = operation(call).input_shape.members[name]
        match member.type_name:
            case "structure":
                assert set(json.loads(value)) <= set(member.members)
            case "list" if member.member.type_name == "string":
                assert all(isinstance(item, str) for item in json.loads(value))
            case "list":
                assert all(set(item) <= set(member.member.members) for item in json.loads(value))
            case "integer":
                assert value.isdecimal()
            case type_name:
                assert type_name == "string"


@each_call
def test_the_part_of_an_aws_result_exists(kind: Kind, call: Call) -> None:
    members = operation(call).output_shape.members
    assert not call.result or call.result in members
    assert one_page(call) or call.many == (members[call.result].type_name == "list" if call.result else False)


def one_page(call: Call) -> bool:
    """Whether only the newest page of a list is asked for, as large as the service gives it."""
    asked = call.parameters.get("MaxResults")
    return asked is not None and int(asked) == operation(call).input_shape.members["MaxResults"].metadata["max"]


@each_call
def test_a_collection_of_aws_is_read_over_its_pages(kind: Kind, call: Call) -> None:
    assert one_page(call) or call.many == bool({"NextToken", "nextToken"} & set(operation(call).output_shape.members))


@each_call
def test_errors_that_mean_absent_are_documented(kind: Kind, call: Call) -> None:
    assert call.absent <= {shape.name for shape in operation(call).error_shapes}


@pytest.mark.parametrize("kind", [kind for kind, _ in CALLS], ids=row_id)
def test_what_an_aws_object_is_picked_by_and_checked_for_exists(kind: Kind) -> None:
    call = dict(CALLS)[kind]
    shape = operation(call).output_shape
    shape = shape.members[call.result] if call.result else shape
    shape = shape.member if shape.type_name == "list" else shape
    for child in (kind, *(child for child in KINDS if child.parent is kind and child.source is None)):
        named = [*(path for path in child.pick.split("|") if path), *(row.path for row in child.settings if row.path)]
        for path in named:
            first = paths.parse(path)[0]
            assert isinstance(first, paths.Key)
            assert first.name in shape.members


def builder(url: str) -> Any:
    """The SDK's request builder of a URL: its segments are properties, its ids are arguments."""
    from msgraph.graph_service_client import GraphServiceClient

    here: Any = GraphServiceClient(request_adapter=Mock(base_url="https://graph.microsoft.com/v1.0"))
    for segment in urlsplit(url).path.strip("/").split("/"):
        if segment.startswith("{"):
            (by,) = (name for name in dir(here) if name.startswith("by_") and name.endswith("id"))
            here = getattr(here, by)(segment)
        else:
            here = getattr(here, re.sub(r"(?<!^)(?=[A-Z])", "_", segment).lower())
    return here


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # the SDK's own, of its own classes
@pytest.mark.parametrize("kind", GRAPH, ids=row_id)
def test_a_graph_url_is_one_that_the_sdk_reads(kind: Kind) -> None:
    url = getattr(kind.source, "url", "")
    found = builder(url)
    assert hasattr(found, "get") == (url not in WITHOUT_BUILDER)
    template = found.url_template.replace("%24", "$").replace("%2D", "-")
    path = re.sub(r"\{[^}]*\}", "{}", urlsplit(url).path)
    assert re.sub(r"\{[^}]*\}", "{}", template.removeprefix("{+baseurl}").partition("{?")[0]) == path
    asked = {name for name, _ in parse_qsl(urlsplit(url).query)}
    assert asked <= set(template.partition("{?")[2].rstrip("}").split(","))


@cache
def fields(model: str) -> set[str]:
    module, _, name = model.partition(".")
    return set(getattr(importlib.import_module(f"msgraph.generated.models.{module}"), name)().get_field_deserializers())


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.name in MODELS], ids=row_id)
def test_a_property_of_graph_exists_in_the_sdks_model(kind: Kind) -> None:
    slots = {slot: value for slot, (value, _) in SLOTTED.items()}
    firsts = [paths.parse(row.path, slots)[0] for row in kind.settings if row.path]
    named = {*kind.fields, *(step.name for step in firsts if isinstance(step, paths.Key))}
    named |= {path for path in kind.pick.split("|") if path}
    assert named <= fields(MODELS[kind.name])


@pytest.mark.parametrize(
    "model, names",
    [
        ("synchronization_job.SynchronizationJob", {"id", "templateId", "schedule", "status"}),
        ("synchronization_schedule.SynchronizationSchedule", {"state", "interval"}),
        (
            "synchronization_status.SynchronizationStatus",
            {"code", "quarantine", "countSuccessiveCompleteFailures", "lastExecution", "lastSuccessfulExecution",
             "steadyStateFirstAchievedTime", "steadyStateLastAchievedTime"},
        ),
        ("synchronization_task_execution.SynchronizationTaskExecution", {"state", "timeEnded", "error"}),
        ("synchronization_quarantine.SynchronizationQuarantine", {"reason", "error"}),
        ("attribute_mapping.AttributeMapping", {"targetAttributeName", "source"}),
        ("object_mapping.ObjectMapping", {"enabled", "sourceObjectName", "targetObjectName", "attributeMappings"}),
    ],
)  # fmt: skip
def test_what_relations_read_of_jobs_and_schemas_exists_in_the_sdks_models(model: str, names: set[str]) -> None:
    assert names <= fields(model)
