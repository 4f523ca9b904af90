"""Folders as a person has them: tenants by their addresses, clients that read and others that write, and policies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.plugin.running import write

Json = Any


def home(folder: Path, connection: Json, policies: dict[str, str], *aliases: str, aws: bool = False) -> dict[str, str]:
    """Furnish a folder for some tenants (and the Identity Center) of a served sandbox; the secrets are returned."""
    secrets: dict[str, str] = {}
    tenants: Json = {}
    for alias in aliases:
        served = connection["tenants"][alias]
        secrets |= {f"XT_{alias}": served["client-secret"], f"XT_W_{alias}": served["write"]["client-secret"]}
        tenants[alias] = {
            "id": served["id"],
            "role": "target" if alias == "shared" else "source",
            "endpoints": served["endpoints"],
            "ca-bundle": connection["ca"],
            "credential": _client(served["client-id"], f"XT_{alias}"),
            "write-credential": _client(served["write"]["client-id"], f"XT_W_{alias}"),
        }
    window = {"every": 0.05, "for": 0.2}
    names = ("cross-tenant-access", "groups", "permission-sets", "permission-set-provisioning", "account-assignments")
    document = {
        "policies": "policies", "tenants": tenants, "topology": "many-to-one",
        "remediation": {"windows": dict.fromkeys(names, window)},
    }  # fmt: skip
    if aws:
        served = connection["aws"]["main"]
        keys = {"": served, "_W": served["write"]}
        for word, pair in keys.items():
            secrets |= {f"XT_ID{word}": pair["access-key-id"], f"XT_KEY{word}": pair["secret-access-key"]}
        document["aws"] = {"main": {
            "federated-from": "shared", "account": served["account"], "region": served["region"],
            "endpoints": served["endpoints"], "ca-bundle": connection["ca"],
            "credential": _keys(""), "write-credential": _keys("_W"),
        }}  # fmt: skip
    write(folder, document, policies)
    return secrets


def _client(id_: str, name: str) -> Json:
    return {"type": "client-secret", "client-id": id_, "secret": {"env": name}}


def _keys(word: str) -> Json:
    return {"access-key-id": {"env": f"XT_ID{word}"}, "secret-access-key": {"env": f"XT_KEY{word}"}}
