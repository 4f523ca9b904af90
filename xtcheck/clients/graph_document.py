"""Whether a reply of Microsoft Graph is a whole JSON document, an error, or neither."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xtcheck.clients.outcome import NoAnswer, one_line, shape, visible

if TYPE_CHECKING:
    from xtcheck.clients.exchange import Reply
    from xtcheck.model import Json


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An OData error; ``code`` is empty when the body is not one."""

    status: int
    code: str
    message: str
    request_id: str

    def __str__(self) -> str:
        said = " ".join(part for part in (self.code, self.message and f"({self.message})") if part)
        text = f"status {self.status}" + (f" {said}" if said else "")
        return f"{text}, request-id {self.request_id}" if self.request_id else text


def document_of(reply: Reply) -> dict[str, Json]:
    """The JSON object of a successful reply.

    :raises NoAnswer: it is not JSON, not UTF-8, cut short, not an object, or an error in the clothes of a success.
    """
    expect_json(reply)
    document = _parsed(reply.body) if reply.item is ... else reply.item
    if not isinstance(document, dict):
        raise NoAnswer(f"the answer is {shape(document)}, not a JSON object", "check the graph endpoint")
    if "error" in document:
        raise NoAnswer(f"an error came with {error_of(reply)}", "run again later")
    return document


def expect_json(reply: Reply) -> None:
    """Hold a reply's content type.

    :raises NoAnswer: it is not JSON's.
    """
    kind = media_type(reply)
    if kind != "application/json" and not kind.endswith("+json"):
        what = f"content type {one_line(kind, 60)}" if kind else "no content type"
        raise NoAnswer(f"the answer is not JSON ({what})", "check the graph endpoint; look for a proxy that answers")


def error_of(reply: Reply) -> ServiceError:
    """What a reply says of an error.

    Synchronization may wrap a whole error document in ``message`` (microsoftgraph/msgraph-metadata#347).
    """
    document = reply.item
    if document is ...:
        try:
            document = json.loads(reply.body.decode())
        except (ValueError, RecursionError):
            document = None
    error = document.get("error") if isinstance(document, dict) else None
    if not isinstance(error, dict):
        error = {}
    code, message = _text(error.get("code")), _text(error.get("message"))
    inner = error.get("innerError") or error.get("innererror")
    request_id = _text(inner.get("request-id")) if isinstance(inner, dict) else ""
    if code == "UnknownError" and message.lstrip().startswith("{"):
        wrapped = error_of(type(reply)(reply.status, reply.headers, message.encode()))
        code, message = wrapped.code or code, wrapped.message if wrapped.code else message
        request_id = request_id or wrapped.request_id
    return ServiceError(
        reply.status,
        visible(code, 80),
        one_line(message),
        visible(request_id or reply.headers.get("request-id", ""), 60),
    )


def media_type(reply: Reply) -> str:
    """The content type without its parameters, in lower case."""
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()


def _parsed(body: bytes) -> Json:
    try:
        return json.loads(body.decode(), parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise NoAnswer(f"the answer is not UTF-8 (byte {error.start})", "check the graph endpoint") from error
    except (ValueError, RecursionError) as error:
        what = f"the answer is not whole JSON ({one_line(str(error), 80)})"
        raise NoAnswer(what, "run again; look for a proxy that changes answers") from error


def _refuse(constant: str) -> Json:
    raise ValueError(f"{constant} is not JSON")


def _text(value: Json) -> str:
    return value if isinstance(value, str) else ""
