"""What the AWS client takes for an answer, and what it does not."""

from __future__ import annotations

import asyncio
import gc
import json
import time
from pathlib import Path

import pytest

from tests.clients.scripted import ACCOUNT, Say, Scripted, ask, scripted
from tests.clients.test_network import refused_port
from xtcheck.clients import Clients, Patience, Statistics
from xtcheck.connection import AwsCredential, Secret
from xtcheck.model import Answer, Answered, Call, Failed, Json, Kind, Nothing, Ref, Request
from xtcheck.reader import read

AMAZON = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-RequestId": "5f2e"}
KINDS = [
    Kind(name, name, home="aws", source=Call("sso-admin", "list_instances", {"MaxResults": name}, "Instances"))
    for name in ("1", "2", "3")
]
INSTANCES = Request("aws-main", "sso-admin", "list_instances", many=True, items="Instances")


def caller(account: str = ACCOUNT) -> Say:
    arn = f"arn:aws:iam::{account}:user/audit"
    inner = f"<Arn>{arn}</Arn><UserId>AIDA</UserId><Account>{account}</Account>"
    result = f"<GetCallerIdentityResult>{inner}</GetCallerIdentityResult>"
    body = f"<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"
    return Say(body=body.encode(), headers={"Content-Type": "text/xml"})


def says(body: Json, status: int = 200) -> Say:
    return Say(status, body, AMAZON)


def denied(code: str, **more: str) -> Say:
    return says(
        {"__type": f"com.amazonaws.sso#{code}", "message": "User: arn:aws:iam::1:user/audit may not", **more}, 400
    )


@pytest.fixture
def aws(server: Scripted) -> Scripted:
    server.on("/sts", caller())
    return server


def failure(aws: Scripted, request: Request = INSTANCES) -> Failed:
    [answer] = ask(aws.aws(), request)
    assert isinstance(answer, Failed)
    assert "\n" not in answer.cause + answer.remedy
    assert "s3cret" not in answer.cause + answer.remedy
    return answer


def test_all_pages_make_the_collection(aws: Scripted) -> None:
    aws.on(
        "/sso-admin",
        says({"Instances": [{"InstanceArn": "a"}], "NextToken": "2"}),
        says({"Instances": [], "NextToken": "3"}),
        says({"Instances": [{"InstanceArn": "b"}]}),
    )
    [answer] = ask(aws.aws(), INSTANCES)
    assert isinstance(answer, Answered)
    assert (answer.document, answer.pages) == ([{"InstanceArn": "a"}, {"InstanceArn": "b"}], 3)


def test_pages_of_an_operation_without_a_paginator_are_followed_too(aws: Scripted) -> None:
    key = "ResponsibilityTransfers"
    aws.on("/organizations", says({key: [{"Id": "a"}], "NextToken": "2"}), says({key: [{"Id": "b"}]}))
    operation = "list_inbound_responsibility_transfers"
    request = Request("aws-main", "organizations", operation, (("Type", "BILLING"),), many=True, items=key)
    [answer] = ask(aws.aws(), request)
    assert isinstance(answer, Answered), answer
    assert (answer.document, answer.pages) == ([{"Id": "a"}, {"Id": "b"}], 2)
    assert json.loads(aws.bodies[-1]) == {"Type": "BILLING", "NextToken": "2"}


def test_a_document_is_plain_json(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"InstanceArn": "a", "CreatedDate": 1700000000.5, "Status": "ACTIVE"}))
    request = Request(
        "aws-main", "sso-admin", "describe_instance", (("InstanceArn", "arn:aws:sso:::instance/ssoins-1"),)
    )
    [answer] = ask(aws.aws(), request)
    assert isinstance(answer, Answered)
    assert answer.document == {"InstanceArn": "a", "CreatedDate": "2023-11-14T22:13:20.500000Z", "Status": "ACTIVE"}


def test_parameters_take_the_types_of_the_operation(aws: Scripted) -> None:
    aws.on("/identitystore", says({"Results": []}))
    texts = (("IdentityStoreId", "d-1234567890"), ("MemberId", '{"UserId": "u-1"}'), ("GroupIds", '["g-1"]'))
    request = Request("aws-main", "identitystore", "is_member_in_groups", texts, items="Results")
    [answer] = ask(aws.aws(), request)
    assert isinstance(answer, Answered)
    assert json.loads(aws.bodies[-1]) == {
        "IdentityStoreId": "d-1234567890",
        "MemberId": {"UserId": "u-1"},
        "GroupIds": ["g-1"],
    }


def test_a_number_is_sent_as_a_number(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": []}))
    ask(aws.aws(), Request("aws-main", "sso-admin", "list_instances", (("MaxResults", "5"),), items="Instances"))
    assert json.loads(aws.bodies[-1]) == {"MaxResults": 5}


def test_another_account_reads_nothing(aws: Scripted) -> None:
    aws.on("/sts", caller("999988887777"))
    answers = ask(
        aws.aws(), INSTANCES, Request("aws-main", "organizations", "list_accounts", many=True, items="Accounts")
    )
    for answer in answers:
        assert isinstance(answer, Failed)
        assert f"signed in to AWS account 999988887777 instead of {ACCOUNT}" in answer.cause
        assert "the account of aws-main" in answer.remedy
    assert {path for _, path, _ in aws.seen} == {"/sts"}


def test_the_caller_is_asked_once(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": []}))
    ask(
        aws.aws(),
        INSTANCES,
        *(
            Request("aws-main", "sso-admin", "list_instances", (("MaxResults", str(n)),), many=True, items="Instances")
            for n in range(1, 9)
        ),
    )
    assert aws.count("/sts") == 1


@pytest.mark.parametrize(
    "say, cause",
    [
        pytest.param(
            denied("AccessDeniedException"), "sso:ListInstances is denied: AccessDeniedException", id="denied"
        ),
        pytest.param(
            denied("AccessDeniedException", Reason="KMS_AccessDeniedException"),
            "denied by the instance's key",
            id="kms",
        ),
        pytest.param(denied("ExpiredTokenException"), "the AWS keys of aws-main have expired", id="expired"),
        pytest.param(denied("UnrecognizedClientException"), "keys of aws-main are unknown to AWS", id="unknown"),
        pytest.param(denied("ValidationException"), "sso:ListInstances: status 400 ValidationException", id="invalid"),
        pytest.param(says({"Instances": None}), "page 1 has no list Instances", id="null"),
        pytest.param(says({}), "page 1 has no list Instances", id="missing"),
        pytest.param(Say(body=b"<html>hi", headers={"Content-Type": "text/html"}), "not JSON", id="html"),
        pytest.param(says(b'{"Instances": ['), "not whole JSON", id="unfinished"),
        pytest.param(says(b"null"), "not a JSON object", id="json-null"),
        pytest.param(Say(302, b"", {"Location": "https://elsewhere.example/"}), "302", id="redirect"),
    ],
)
def test_what_is_no_whole_answer_fails(aws: Scripted, say: Say, cause: str) -> None:
    aws.on("/sso-admin", say)
    assert cause in failure(aws).cause


def test_a_denied_operation_names_the_iam_action_to_allow(aws: Scripted) -> None:
    aws.on("/sso-admin", denied("AccessDeniedException"))
    refusal = failure(aws)
    assert refusal.remedy.startswith("allow sso:ListInstances to")
    assert refusal.refused == ACCOUNT


def test_a_repeated_token_fails(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": [], "NextToken": "2"}))
    assert "leads back" in failure(aws).cause


def test_a_page_where_a_document_was_asked_for_fails(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": [], "NextToken": "2"}))
    request = Request("aws-main", "sso-admin", "list_instances", items="Instances")
    assert "more pages than were asked for" in failure(aws, request).cause


def test_one_page_of_a_list_is_one_page_and_tells_nothing_when_it_is_empty_though_more_follow(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": [{"InstanceArn": "a"}], "NextToken": "2"}))
    request = Request("aws-main", "sso-admin", "list_instances", (("MaxResults", "1"),), items="Instances")
    [answer] = ask(aws.aws(), request)
    assert isinstance(answer, Answered)
    assert (answer.document, answer.pages, aws.count("/sso-admin")) == ([{"InstanceArn": "a"}], 1, 1)
    aws.on("/sso-admin", says({"Instances": [], "NextToken": "2"}))
    assert "empty, and more follow" in failure(aws, request).cause


def test_a_denied_later_page_fails_the_whole(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"Instances": [{"InstanceArn": "a"}], "NextToken": "2"}), denied("AccessDeniedException"))
    assert "sso:ListInstances is denied" in failure(aws).cause


def test_absence_is_the_code_that_the_api_documents(aws: Scripted) -> None:
    aws.on("/sso-admin", denied("ResourceNotFoundException"))
    parameters = (("InstanceArn", "arn:aws:sso:::instance/ssoins-1"),)
    absent = frozenset({"ResourceNotFoundException"})
    [answer] = ask(aws.aws(), Request("aws-main", "sso-admin", "describe_instance", parameters, absent=absent))
    assert isinstance(answer, Nothing)


def test_what_passes_is_asked_again_and_counted(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"__type": "InternalServerException"}, 500), says({"Instances": []}))

    async def run() -> None:
        async with Clients({"aws-main": aws.aws()}) as clients:
            assert isinstance(await clients.answer(INSTANCES), Answered)
            assert clients.statistics["aws-main"].requests == 3
            assert clients.statistics["aws-main"].retries == 1

    asyncio.run(run())


def test_a_cut_answer_fails(aws: Scripted) -> None:
    aws.on("/sso-admin", Say(body={"Instances": []}, headers=AMAZON, cut=True))
    assert "the answer was cut short" in failure(aws).cause


def test_a_cut_answer_of_sts_fails(aws: Scripted) -> None:
    aws.on("/sts", Say(body=caller().body, headers={"Content-Type": "text/xml"}, cut=True))
    assert "the answer was cut short" in failure(aws).cause


def test_a_port_where_nothing_listens_refuses(server: Scripted) -> None:
    port = refused_port()
    began = time.monotonic()
    [answer] = ask(server.aws(endpoints={"sts": f"https://127.0.0.1:{port}"}), INSTANCES)
    assert isinstance(answer, Failed)
    assert answer.cause == f"127.0.0.1:{port} refused the connection"
    assert time.monotonic() - began < 5


def test_an_unknown_authority_is_not_trusted(server: Scripted) -> None:
    with scripted() as other:
        [answer] = ask(server.aws(endpoints={"sts": other.url}), INSTANCES)
    assert isinstance(answer, Failed)
    assert "is not trusted" in answer.cause
    assert answer.remedy.startswith("set ca-bundle of aws-main")


def test_a_key_that_is_not_set_names_its_variable(aws: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XT_TEST_KEY")
    assert "XT_TEST_KEY is not set" in failure(aws).cause


def test_a_profile_that_does_not_exist_is_named(aws: Scripted, empty_home: Path) -> None:
    [answer] = ask(aws.aws(credential=AwsCredential(profile="audit")), INSTANCES)
    assert isinstance(answer, Failed)
    assert "(audit)" in answer.cause


def test_a_profile_is_read_from_the_files_of_the_aws_cli(aws: Scripted, empty_home: Path) -> None:
    aws.on("/sso-admin", says({"Instances": []}))
    (empty_home / "config").write_text("[profile audit]\naws_access_key_id = AKIAPROFILE\naws_secret_access_key = x\n")
    [answer] = ask(aws.aws(credential=AwsCredential(profile="audit")), INSTANCES)
    assert isinstance(answer, Answered)
    assert "Credential=AKIAPROFILE/" in aws.seen[-1][2]["authorization"]


def test_without_any_credential_the_answer_says_so(aws: Scripted, empty_home: Path) -> None:
    [answer] = ask(aws.aws(credential=AwsCredential()), INSTANCES)
    assert isinstance(answer, Failed)
    assert answer.cause == "there are no AWS credentials for aws-main"


def test_the_default_chain_reads_the_environment(
    aws: Scripted, empty_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIADEFAULT")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    aws.on("/sso-admin", says({"Instances": []}))
    [answer] = ask(aws.aws(credential=AwsCredential()), INSTANCES)
    assert isinstance(answer, Answered)
    assert "Credential=AKIADEFAULT/" in aws.seen[-1][2]["authorization"]


def test_a_role_is_assumed_with_the_keys_beneath_it(aws: Scripted) -> None:
    keys = "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>y</SecretAccessKey><SessionToken>z</SessionToken>"
    inner = f"<Credentials>{keys}<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    body = f"<AssumeRoleResponse><AssumeRoleResult>{inner}</AssumeRoleResult></AssumeRoleResponse>"
    aws.on("/sts", Say(body=body.encode(), headers={"Content-Type": "text/xml"}), caller())
    aws.on("/sso-admin", says({"Instances": []}))
    credential = AwsCredential(
        role_arn="arn:aws:iam::111122223333:role/audit",
        external_id=Secret(env="XT_TEST_SECRET"),
        access_key_id=Secret(env="XT_TEST_KEY"),
        secret_access_key=Secret(env="XT_TEST_SECRET"),
    )
    [answer] = ask(aws.aws(credential=credential), INSTANCES)
    assert isinstance(answer, Answered), answer
    assert ["AssumeRole" in aws.bodies[0].decode(), "ExternalId=s3cret-value" in aws.bodies[0].decode()] == [True, True]
    signed = [headers["authorization"].partition("Credential=")[2].partition("/")[0] for _, _, headers in aws.seen]
    assert signed == ["AKIAEXAMPLE", "ASIAROLE", "ASIAROLE"]


def test_the_deadline_ends_a_call_and_its_repetitions(aws: Scripted) -> None:
    aws.on("/sso-admin", Say(500, {"__type": "InternalServerException"}, AMAZON, delay=0.8))
    began = time.monotonic()
    [answer] = ask(aws.aws(), INSTANCES, deadline=0.5)
    assert isinstance(answer, Failed)
    assert "deadline" in answer.cause
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "request_",
    [
        Request("aws-main", "sso-admin", "delete_instance"),
        Request("aws-main", "sso", "get_role_credentials"),
        Request("aws-main", "sso-admin", "list_nothing"),
        Request("aws-main", "sso-admin", "list_instances", (("Colour", "red"),)),
    ],
    ids=str,
)
def test_what_writes_or_does_not_exist_is_a_fault_of_ours(aws: Scripted, request_: Request) -> None:
    with pytest.raises(ValueError, match=r"operation|parameter"):
        ask(aws.aws(), request_)
    assert {path for _, path, _ in aws.seen} == {"/sts"}


@pytest.fixture
def empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No AWS configuration but what the test writes, and no instance metadata."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


def test_a_storm_of_refusals_only_makes_it_later(aws: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.001)
    refused = denied("ThrottlingException")
    aws.on("/sso-admin", *[refused] * 12, says({"Instances": [{"InstanceArn": "a"}]}))
    patient = Patience(first=0.001, throttled=0.001)

    async def run() -> tuple[Answer, Statistics]:
        async with Clients({"aws-main": aws.aws()}, patience=patient) as clients:
            return await clients.answer(INSTANCES), clients.statistics["aws-main"]

    answer, spent = asyncio.run(run())
    assert isinstance(answer, Answered)
    assert spent.throttled == 12


def test_who_is_refused_for_haste_makes_the_others_of_the_family_wait(aws: Scripted) -> None:
    refused = says({"__type": "ThrottlingException", "RetryAfterSeconds": 1}, 400)
    users = Request("aws-main", "identitystore", "list_users", (("IdentityStoreId", "d-1"),), many=True, items="Users")
    aws.on("/identitystore", refused, says({"Users": []}))
    began = time.monotonic()
    [answer] = ask(aws.aws(), users)
    assert isinstance(answer, Answered)
    assert time.monotonic() - began > 0.9


def test_calls_of_a_service_keep_to_its_limit(aws: Scripted) -> None:
    aws.on("/sso-admin", says({"PermissionSets": []}))
    requests = [
        Request(
            "aws-main", "sso-admin", "list_permission_sets", (("InstanceArn", arn(number)),), True, "PermissionSets"
        )
        for number in range(20)
    ]
    began = time.monotonic()
    answers = ask(aws.aws(), *requests)
    assert all(isinstance(answer, Answered) for answer in answers)
    assert time.monotonic() - began > 14 / 14 - 0.05


def arn(number: int) -> str:
    return f"arn:aws:sso:::instance/ssoins-{number:016x}"


def test_reading_that_is_interrupted_leaves_nothing_that_would_be_printed(aws: Scripted) -> None:
    """Whoever waited for the caller's name would else ask threads that are gone, and nobody would take what comes."""
    aws.on("/sts", Say(delay=0.5))
    printed: list[object] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: printed.append(context))
        connection = aws.aws()
        async with Clients({connection.place: connection}) as clients:
            reading = asyncio.ensure_future(read([Ref(kind, "aws-main") for kind in KINDS], clients.answer))
            await asyncio.sleep(0.2)  # whenever it is: all of them wait for the caller's name, which takes longer
            reading.cancel()
            await asyncio.wait([reading])
            assert reading.cancelled()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())
    gc.collect()
    assert printed == []
