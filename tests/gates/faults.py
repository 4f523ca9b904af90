"""The fault matrix as one table: what can go wrong, on which wire, and what a check then says.

tests/gates/test_matrix.py holds it over all endpoints; docs/reliability.md shows it with the texts really produced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Any
Do = Mapping[str, Json]


@dataclass(frozen=True, eq=False)
class Fault:
    """One way of going wrong on one wire: ``graph``, ``aws``, ``web``, or signing in (``login``, ``sts``).

    ``cause`` and ``remedy`` are what the texts of a check must contain. ``then`` is what befalls the page after.
    """

    wire: str
    name: str
    happens: str
    do: Do
    cause: str
    remedy: str
    many: bool = False
    """Only collections can suffer it."""
    only: str = ""
    """What the endpoint's address must contain."""
    slow: bool = False
    """It lasts as long as the client is patient."""
    then: Do = field(default_factory=dict)
    read: bool = False
    """It looks like an answer: only the row that reads it finds it out."""

    def __str__(self) -> str:
        return f"{self.wire}-{self.name}"

    @property
    def replaces(self) -> bool:
        """Whether it does not matter what the service would have answered."""
        return bool({"status", "body", "redirect", "reset", "stall", "cut", "stall-in-body"} & set(self.do))

    @property
    def apart(self) -> bool:
        """Whether it is tried in a read of its own.

        It takes long, or it leaves a connection that boto3 may use again before it notices that it is dead.
        """
        return self.slow or (self.wire == "aws" and "cut" in {*self.do, *self.then})

    @property
    def breaks(self) -> bool:
        """Whether a connection ends by it, and with it the batch of whoever else came along."""
        return bool({"reset", "cut"} & {*self.do, *self.then})

    def documents(self, match: Mapping[str, Json], following: Mapping[str, Json]) -> list[Json]:
        """The faults of the sandbox that do it to the requests that match; ``following`` matches what a page leads to.

        Where the next page is told apart only by when it is asked for, the first fault must wear off.
        """
        if not self.then:
            return [{"match": match, "do": self.do}]
        first = {"match": match, "do": self.do} | ({"times": 1} if match == following else {})
        return [first, {"match": following, "do": self.then}]


AGAIN = "run again"
PROXY = "look for a proxy"
ENDED = ("cut short|reset the connection", "look (for a proxy|at proxies)")
"""botocore keeps connections open: one that the sandbox closes early is met by the next call, now and then, as reset."""
EMPTIED = {"empty-page-with-next": True}
HTML = {"body": "<html>sign in to the network</html>", "content-type": "text/html"}
UNFIT: Mapping[str, tuple[str, Do]] = {
    "cut": ("the answer ends before its announced length", {"cut": True}),
    "truncated": ("half of the answer comes as the whole", {"truncate": True}),
    "not-utf-8": ("the answer is not UTF-8", {"not-utf-8": True}),
    "html": ("a web page comes, as from a captive portal", HTML),
    "wrong-type": ("the answer comes as text/plain", {"content-type": "text/plain"}),
    "nothing": ("an empty answer comes, with status 200", {"body": ""}),
    "null": ("the answer is null", {"body": "null"}),
    "list": ("the answer is a bare list", {"body": "[]"}),
}
"""Answers that are none, whichever service gives them."""


def unfit(wire: str, says: Mapping[str, tuple[str, str]], *, read: bool = False) -> Iterable[Fault]:
    """The rows of UNFIT on a wire, in the order of ``says``."""
    for name, (cause, remedy) in says.items():
        happens, do = UNFIT[name]
        yield Fault(wire, name, happens, do, cause, remedy, read=read)


def _graph(status: int, code: str = "", message: str = "") -> Do:
    return {"status": status} | ({"code": code} if code else {}) | ({"message": message} if message else {})


TOKEN = "InvalidAuthenticationToken"

GRAPH = (
    Fault("graph", "401-expired", "401: the token is out of date, a fresh one too",
          _graph(401, TOKEN, "Lifetime validation failed, the token is expired."),
          "the token is refused as out of date", "set this computer's clock"),
    Fault("graph", "401-audience", "401: the token is for another service",
          _graph(401, TOKEN, "Access token validation failure. Invalid audience."),
          "refused as made for another service", "must belong to one cloud"),
    Fault("graph", "401", "401 without a reason", _graph(401), "the token is refused: status 401",
          "check the application in"),
    Fault("graph", "401-unknown", "401 UnknownError from synchronization, which means 403 there",
          _graph(401, "UnknownError"), "permission is missing: status 401", "grant the application", only="/synchronization/"),
    Fault("graph", "403", "403", _graph(403), "permission is missing: status 403", "grant the application"),
    Fault("graph", "400", "400", _graph(400), "status 400 Request_BadRequest", "report this to xtcheck"),
    Fault("graph", "404", "404, where it is not documented to mean that there is none", _graph(404),
          "status 404 Request_ResourceNotFound", "an object may have gone"),
    Fault("graph", "404-page", "404 from a proxy, wherever it is", {**HTML, "status": 404}, "status 404", "check the graph endpoint"),
    Fault("graph", "409", "409", _graph(409), "the object is being changed", "run again some minutes after"),
    Fault("graph", "410", "410", _graph(410), "out of date", "run again"),
    Fault("graph", "429", "429 without Retry-After, again and again", _graph(429), "status 429 TooManyRequests",
          "run again later"),
    Fault("graph", "429-told", "429 with Retry-After, again and again", {"status": 429, "retry-after": 0},
          "status 429 TooManyRequests", "run again later"),
    Fault("graph", "429-date", "429 with a date as Retry-After, again and again", {"status": 429, "retry-at": 1},
          "status 429 TooManyRequests", "run again later", slow=True),
    Fault("graph", "429-hour", "429 with Retry-After of an hour", {"status": 429, "retry-after": 3600},
          "with the wish to wait 3600 s", "run again later"),
    Fault("graph", "429-far-date", "429 with a date two hours ahead", {"status": 429, "retry-at": 7200},
          "with the wish to wait 7", "run again later"),
    Fault("graph", "429-odd", "429 with a Retry-After that means nothing", {"status": 429, "retry-after": "soon"},
          "status 429 TooManyRequests", "run again later"),
    Fault("graph", "500", "500, again and again", _graph(500), "status 500 InternalServerError", "run again later"),
    Fault("graph", "502", "502 with a proxy's page, again and again", {**HTML, "status": 502}, "status 502", "run again later"),
    Fault("graph", "503", "503, again and again", _graph(503), "status 503 ServiceNotAvailable", "run again later"),
    Fault("graph", "504", "504, again and again", _graph(504), "status 504 GatewayTimeout", "run again later"),
    Fault("graph", "501", "501", _graph(501, "NotImplemented"), "status 501 NotImplemented", "report this to xtcheck"),
    Fault("graph", "reset", "the connection is reset, again and again", {"reset": True}, "closed the connection without an answer|reset the connection", AGAIN),
    Fault("graph", "stall", "nothing is answered", {"stall": True}, "did not answer in time", AGAIN, slow=True),
    Fault("graph", "stall-in-body", "the answer falls silent in the middle", {"stall-in-body": True},
          "did not answer in time", AGAIN, slow=True),
    Fault("graph", "redirect", "302 to another host", {"redirect": "https://elsewhere.example/"},
          "a redirect, which is not followed", "check the graph endpoint"),
    Fault("graph", "redirect-307", "307 to another host", {"redirect": "https://elsewhere.example/", "status": 307},
          "a redirect, which is not followed", "check the graph endpoint"),
    Fault("graph", "no-content", "204", {"body": "", "status": 204}, "a success without content", AGAIN),
    Fault("graph", "error-in-200", "an error with status 200",
          {"body": '{"error": {"code": "ServiceNotAvailable", "message": "Try later."}}'}, "an error came with status 200", AGAIN),
    *unfit("graph", {
        "cut": ("cut the answer short", AGAIN),
        "truncated": ("not whole JSON|a text, not a JSON", "run again|check the graph endpoint"),
        "not-utf-8": ("not UTF-8|a text, not a JSON", "check the graph endpoint"),
        "html": ("not JSON|a text, not a JSON", "look for a proxy|check the graph endpoint"),
        "wrong-type": ("not JSON", PROXY),
        "nothing": ("not whole JSON|null, not a JSON", "run again|check the graph endpoint"),
        "null": ("is null, not a JSON object", "check the graph endpoint"),
        "list": ("is a list, not a JSON object", "check the graph endpoint"),
    }),
    Fault("graph", "no-value", "a page has no `value`", {"drop-value": True}, "has no value", AGAIN, many=True),
    Fault("graph", "odd-value", "`value` is not a list", {"odd-value": True}, "has an object as value", AGAIN, many=True),
    Fault("graph", "odd-count", "`@odata.count` is not how many came", {"odd-count": True}, "the service counts", AGAIN, many=True),
    Fault("graph", "twice", "an object comes twice, in the place of another", {"overlap": "same"},
          "a second time: another item may have been skipped", AGAIN, many=True),
    Fault("graph", "twice-changed", "an object comes twice, changed in between", {"overlap": "changed"},
          "a second time, changed", AGAIN, many=True),
    Fault("graph", "empty-pages", "empty pages with a next link, without end", EMPTIED, "empty pages in a row", AGAIN,
          many=True, then=EMPTIED),
    Fault("graph", "repeated-link", "a next link leads back", {"repeat-next": True}, "leads back to a page that was read", AGAIN, many=True),
    Fault("graph", "foreign-link", "a next link leads to another host", {"foreign-next": True},
          "leads to another host", AGAIN, many=True),
    Fault("graph", "later-403", "a later page is refused", EMPTIED, "permission is missing: status 403", "grant the application",
          many=True, then=_graph(403)),
    Fault("graph", "later-404", "a later page is not found, also where 404 means that there is none", EMPTIED, "status 404",
          "an object may have gone", many=True, then=_graph(404)),
    Fault("graph", "later-410", "a later page has gone", EMPTIED, "out of date", AGAIN, many=True, then=_graph(410)),
    Fault("graph", "later-cut", "a later page is cut", EMPTIED, "cut the answer short", AGAIN, many=True, then={"cut": True}),
)  # fmt: skip


def _aws(code: str, status: int = 400, **more: Json) -> Do:
    return {"status": status, "code": code, **more}


AWS = (
    Fault("aws", "denied", "AccessDeniedException", _aws("AccessDeniedException"), "is denied: AccessDeniedException", "^allow "),
    Fault("aws", "expired", "ExpiredTokenException", _aws("ExpiredTokenException", 403), "have expired", "renew"),
    Fault("aws", "unknown-key", "UnrecognizedClientException", _aws("UnrecognizedClientException"), "are unknown to AWS", "renew"),
    Fault("aws", "slow-clock", "the machine's clock is three hours behind", {"skew": 10800},
          "clock is 3.0 h behind the service's: InvalidSignatureException", "set this computer's clock"),
    Fault("aws", "fast-clock", "the machine's clock is three hours ahead", {"skew": -10800},
          "clock is 3.0 h ahead of the service's: InvalidSignatureException", "set this computer's clock"),
    Fault("aws", "skewed", "RequestTimeTooSkewed", _aws("RequestTimeTooSkewed", 403), "finds this computer's clock wrong", "set this computer's clock"),
    Fault("aws", "not-found", "ResourceNotFoundException, where it is not documented to mean that there is none",
          _aws("ResourceNotFoundException"), "status 400 ResourceNotFoundException", "check region, instance and endpoints"),
    Fault("aws", "invalid", "ValidationException", _aws("ValidationException"), "status 400 ValidationException", "check region, instance"),
    Fault("aws", "conflict", "ConflictException", _aws("ConflictException"), "the object is being changed", "run again some minutes"),
    Fault("aws", "throttled", "ThrottlingException, again and again", _aws("ThrottlingException"), "ThrottlingException", "run again later"),
    Fault("aws", "429", "429 with Retry-After of an hour, again and again", _aws("TooManyRequestsException", 429, **{"retry-after": 3600}),
          "TooManyRequestsException", "run again later"),
    Fault("aws", "500", "500 InternalServerException, again and again", _aws("InternalServerException", 500), "status 500 InternalServerException", "run again later"),
    Fault("aws", "502-page", "502 with a proxy's page, again and again", {**HTML, "status": 502}, "status 502", "run again later"),
    Fault("aws", "503", "503, again and again", _aws("ServiceUnavailableException", 503), "status 503", "run again later"),
    Fault("aws", "reset", "the connection is reset, again and again", {"reset": True}, "closed the connection without an answer|reset the connection", AGAIN),
    Fault("aws", "stall", "nothing is answered", {"stall": True}, "did not answer in time", AGAIN, slow=True),
    Fault("aws", "stall-in-body", "the answer falls silent in the middle", {"stall-in-body": True}, "did not answer in time", AGAIN, slow=True),
    Fault("aws", "redirect", "302 to another host", {"redirect": "https://elsewhere.example/"}, "a redirect, which is not followed", "check region and endpoints"),
    Fault("aws", "redirect-307", "307 to another host", {"redirect": "https://elsewhere.example/", "status": 307},
          "a redirect, which is not followed", "check region and endpoints"),
    *unfit("aws", {
        "cut": ENDED,
        "truncated": ("not whole JSON", PROXY),
        "not-utf-8": ("not UTF-8", PROXY),
        "html": ("not JSON", PROXY),
        "wrong-type": ("not JSON", PROXY),
        "nothing": ("not whole JSON", PROXY),
        "null": ("is null, not a JSON object", PROXY),
        "list": ("is a list, not a JSON object", PROXY),
    }),
    Fault("aws", "no-list", "a page has no list", {"drop-value": True}, "has no list", PROXY, many=True),
    Fault("aws", "odd-list", "a page has an object in the place of its list", {"odd-value": True},
          "is an object where a list is documented", PROXY, many=True),
    Fault("aws", "twice", "an object comes twice, in the place of another", {"overlap": "same"},
          "a second time: another item may have been skipped", AGAIN, many=True),
    Fault("aws", "empty-pages", "empty pages with a NextToken, without end", EMPTIED, "empty pages in a row", AGAIN, many=True),
    Fault("aws", "repeated-token", "a NextToken comes again", {"repeat-next": True}, "leads back to a page|a second time", AGAIN, many=True),
    Fault("aws", "later-denied", "a later page is denied", EMPTIED, "is denied: AccessDeniedException", "^allow ", many=True,
          then=_aws("AccessDeniedException")),
    Fault("aws", "later-cut", "a later page is cut", EMPTIED, *ENDED, many=True, then={"cut": True}),
)  # fmt: skip

WEB = (
    Fault("web", "403", "403", {"status": 403}, "status 403", "check the address"),
    Fault("web", "404", "404", {"status": 404}, "status 404", "check the address"),
    Fault("web", "429-hour", "429 with Retry-After of an hour", {"status": 429, "retry-after": 3600}, "wish to wait 3600 s", "run again later"),
    Fault("web", "500", "500, again and again", {"status": 500}, "status 500", "check the address"),
    Fault("web", "reset", "the connection is reset, again and again", {"reset": True}, "closed the connection without an answer|reset the connection", AGAIN),
    Fault("web", "stall", "nothing is answered", {"stall": True}, "did not answer in time", AGAIN, slow=True),
    Fault("web", "stall-in-body", "the answer falls silent in the middle", {"stall-in-body": True}, "did not answer in time", AGAIN, slow=True),
    Fault("web", "redirect", "302 to another host", {"redirect": "https://elsewhere.example/"}, "a redirect, which is not followed", "check the address"),
    *unfit("web", {"cut": ("cut the answer short", AGAIN), "not-utf-8": ("not UTF-8", "check the address")}),
    *unfit("web", dict.fromkeys(("truncated", "html", "nothing"), ("metadata|the portal's page", "")), read=True),
)  # fmt: skip


def _refusal(number: int, text: str, status: int = 401) -> Do:
    return {"status": status, "code": "invalid_client", "message": f"AADSTS{number}: {text} Trace ID: 0a1b"}


LOGIN = (
    Fault("login", "wrong-secret", "AADSTS7000215", _refusal(7000215, "Invalid client secret provided."), "the client secret is wrong", "put the secret's value"),
    Fault("login", "expired-secret", "AADSTS7000222", _refusal(7000222, "The secret keys are expired."), "the client secret has expired", "create a new secret"),
    Fault("login", "unknown-app", "AADSTS700016", _refusal(700016, "Application was not found.", 400), "does not know the application", "grant admin consent"),
    Fault("login", "unknown-tenant", "AADSTS90002", _refusal(90002, "Tenant not found.", 400), "no tenant with this id", "correct id or cloud"),
    Fault("login", "wrong-clock", "AADSTS700024, which a wrong clock leads to", _refusal(700024, "Client assertion is not within its valid time range."),
          "not valid at this time", "clock"),
    Fault("login", "other-error", "an AADSTS number that xtcheck does not know", _refusal(50099, "Something else."), "Something else", "see the credential"),
    Fault("login", "other-tenant", "the token is for another tenant", {"tid": "00000000-0000-4000-8000-000000000000"}, "signed in to tenant", "or correct the id"),
    Fault("login", "other-audience", "the token is for another service", {"audience": "https://graph.example.com"},
          "refused as made for another service", "must belong to one cloud"),
    Fault("login", "expired-token", "every token is out of date", {"expired": True}, "the token is refused as out of date", "set this computer's clock"),
    Fault("login", "early-token", "every token is for later", {"not-yet-valid": True}, "the token is refused as out of date", "set this computer's clock"),
    Fault("login", "throttled", "429, again and again", {"status": 429, "code": "temporarily_unavailable", "retry-after": 0}, "cannot sign in", "run again later"),
    Fault("login", "500", "500, again and again", {"status": 500}, "cannot sign in", "run again later"),
    Fault("login", "reset", "the connection is reset, again and again", {"reset": True}, "cannot sign in .*closed the connection without an answer", AGAIN),
    Fault("login", "stall", "nothing is answered", {"stall": True}, "cannot sign in .*did not answer in time", AGAIN, slow=True),
    Fault("login", "redirect", "302 to another host", {"redirect": "https://elsewhere.example/"}, "cannot sign in .*redirect", "check the login endpoint"),
    Fault("login", "redirect-307", "307 to another host, which asks to send the secret again",
          {"redirect": "https://elsewhere.example/", "status": 307}, "cannot sign in .*redirect", "check the login endpoint"),
    *unfit("login", {
        "cut": ("cannot sign in .*cut the answer short", AGAIN),
        "truncated": ("cannot sign in .*without a token response", "check the login endpoint"),
        "html": ("cannot sign in .*without a token response", "check the login endpoint"),
        "nothing": ("cannot sign in .*without a token response", "check the login endpoint"),
        "null": ("cannot sign in .*without a token response", "check the login endpoint"),
        "list": ("cannot sign in .*without a token response", "check the login endpoint"),
    }),
)  # fmt: skip

OTHER_ACCOUNT = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::999988887777:user/audit</Arn><UserId>AIDA</UserId><Account>999988887777</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)

STS = (
    Fault("sts", "other-account", "the keys are another account's", {"body": OTHER_ACCOUNT, "content-type": "text/xml"},
          "signed in to AWS account 999988887777 instead", "or correct the account"),
    Fault("sts", "denied", "AccessDenied", _aws("AccessDenied", 403), "is denied: AccessDenied", "^allow sts:GetCallerIdentity"),
    Fault("sts", "expired", "ExpiredToken", _aws("ExpiredToken", 403), "have expired", "renew"),
    Fault("sts", "unknown-key", "InvalidClientTokenId", _aws("InvalidClientTokenId", 403), "are unknown to AWS", "renew"),
    Fault("sts", "wrong-key", "SignatureDoesNotMatch", _aws("SignatureDoesNotMatch", 403), "the signature does not match", "renew"),
    Fault("sts", "slow-clock", "SignatureDoesNotMatch, for the machine's clock is three hours behind", {"skew": 10800},
          "clock is 3.0 h behind the service's: SignatureDoesNotMatch", "set this computer's clock"),
    Fault("sts", "fast-clock", "SignatureDoesNotMatch, for the machine's clock is three hours ahead", {"skew": -10800},
          "clock is 3.0 h ahead of the service's: SignatureDoesNotMatch", "set this computer's clock"),
    Fault("sts", "throttled", "Throttling, again and again", _aws("Throttling"), "Throttling", "run again later"),
    Fault("sts", "500", "500, again and again", _aws("InternalFailure", 500), "status 500", "run again later"),
    Fault("sts", "502-page", "502 with a proxy's page, again and again", {**HTML, "status": 502}, "status 502", "run again later"),
    Fault("sts", "reset", "the connection is reset, again and again", {"reset": True}, "closed the connection without an answer|reset the connection", AGAIN),
    Fault("sts", "stall", "nothing is answered", {"stall": True}, "did not answer in time", AGAIN, slow=True),
    Fault("sts", "redirect", "302 to another host", {"redirect": "https://elsewhere.example/"}, "a redirect, which is not followed", "check region and endpoints"),
    *unfit("sts", {
        "cut": ENDED,
        "truncated": ("the answer is not whole", PROXY),
        "not-utf-8": ("not UTF-8", PROXY),
        "html": ("not JSON", PROXY),
        "nothing": ("not whole JSON", PROXY),
    }),
)  # fmt: skip

FAULTS = (*GRAPH, *AWS, *WEB, *LOGIN, *STS)

DOORS = {
    "refused": ("nobody listens there", "refused the connection", "look whether the service runs there"),
    "reset": ("the connection is reset before anything is said", "reset the connection|closed the connection", AGAIN),
    "unresolved": ("the name does not exist", "cannot be resolved|cannot be reached|Cannot connect", "DNS|network"),
    "untrusted": ("the certificate is from an unknown authority", "is not trusted", "set ca-bundle of"),
    "other-name": ("the certificate is for another name", "made out to another name", "check the endpoints of"),
    "expired-certificate": ("the certificate has expired", "has expired, by this computer's clock", "needs a new certificate"),
    "early-certificate": ("the certificate is not valid yet", "is not valid yet, by this computer's clock", "check this computer's clock"),
    "no-tls": ("plain HTTP is spoken on the port", "TLS handshake", "speaks TLS"),
}  # fmt: skip
"""Where connections fail before any request: what happens, and what cause and remedy must contain."""

PASSING: dict[str, tuple[str, Json]] = {
    "429": ("one 429 with Retry-After", {"status": 429, "retry-after": 0}),
    "503": ("one 503", {"status": 503}),
    "reset": ("one connection is reset", {"reset": True}),
    "401": ("one token ends in the middle of the run", {"status": 401, "code": TOKEN}),
    "delay": ("an answer takes its time", {"delay": 0.2}),
}
"""What befalls a request once, and changes nothing but the time that it takes."""
