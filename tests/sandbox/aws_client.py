"""boto3 as a client of the sandbox."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from xtcheck.sandbox import Sandbox
from xtcheck.sandbox.wire import Json


def client(sandbox: Sandbox, service: str, alias: str = "main", **changed: str) -> Any:
    """An unmodified client of a service, as the connection describes it."""
    connection = sandbox.connection["aws"][alias]
    arguments = {
        "region_name": connection["region"],
        "aws_access_key_id": connection["access-key-id"],
        "aws_secret_access_key": connection["secret-access-key"],
    }
    config = Config(retries={"total_max_attempts": 1})
    ca = sandbox.connection["ca"]
    url = connection["endpoints"][service]
    make: Any = boto3.client
    return make(service, endpoint_url=url, verify=ca, config=config, **(arguments | changed))


def refusal(call: Any, **parameters: Json) -> tuple[str, str]:
    """Code and message of the error that a call ends in."""
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    told: Json = raised.value.response["Error"]
    return told["Code"], told["Message"]


def paged(client: Any, operation: str, key: str, **parameters: Json) -> list[Json]:
    """All items of a list, by boto3's own paginator."""
    return [item for page in client.get_paginator(operation).paginate(**parameters) for item in page[key]]
