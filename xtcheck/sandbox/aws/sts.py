"""AWS Security Token Service: who the caller is."""

from __future__ import annotations

import hashlib

from xtcheck.sandbox.aws.call import Call
from xtcheck.sandbox.wire import Json


def get_caller_identity(call: Call) -> Json:
    """Needs no permission: it answers even where a policy denies it (STS API reference, GetCallerIdentity)."""
    user_id = "AIDA" + hashlib.sha256(call.caller["arn"].encode()).hexdigest()[:17].upper()
    return {"UserId": user_id, "Account": call.caller["account"], "Arn": call.caller["arn"]}


OPERATIONS = {"GetCallerIdentity": get_caller_identity}
