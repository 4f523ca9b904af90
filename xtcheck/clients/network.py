"""What went wrong below HTTP, told apart: the name, the connection, the certificate, the silence, the cut."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from xtcheck.clients.outcome import NoAnswer, one_line
from xtcheck.clients.proxies import Proxy, proxy_of

NOT_YET_VALID, HAS_EXPIRED, HOSTNAME_MISMATCH = 9, 10, 62
"""OpenSSL's X509_V_ERR_CERT_NOT_YET_VALID, …_CERT_HAS_EXPIRED and …_HOSTNAME_MISMATCH; for an IP address it is 64."""
IP_MISMATCH = 64

SILENCE = ("ConnectTimeout", "ReadTimeout", "WriteTimeout", "PoolTimeout", "ConnectTimeoutError", "ReadTimeoutError")
CUTS = (
    "RemoteProtocolError",
    "IncompleteRead",
    "IncompleteReadError",
    "ConnectionClosedError",
    "ClientPayloadError",
)
CLOSED = ("ServerDisconnectedError", "RemoteDisconnected")
MISNAMED = "CertificateError"
"""Class names of httpx, urllib3, botocore and aiohttp: naming them here spares importing all four."""

NO_TUNNEL = re.compile(r"(?:^|Tunnel connection failed: )([1-5]\d\d)\b")
"""How httpx and aiohttp, and the standard library under urllib3, tell the status with which a proxy opens no tunnel."""
NO_TUNNELS = ("ProxyError", "ClientHttpProxyError", "OSError")

SAID_NOTHING = "disconnected without sending a response"
"""What httpx says of a connection that ends before an answer begins; of one that ends in it, it has the same class."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A failure of the network, and whether trying again can help."""

    cause: str
    remedy: str
    passing: bool

    def as_no_answer(self) -> NoAnswer:
        """The exception that ends the read."""
        return NoAnswer(self.cause, self.remedy)


def explain(error: BaseException, url: str, place: str) -> Fault:
    """The fault behind an exception of httpx, aiohttp or urllib3, found in the chain of its causes.

    Where a proxy leads to the host, the fault is as well the proxy's, and it is told by whom that one is named.
    """
    host, name = _names(url)
    chain = tuple(_causes(error))
    if proxy := proxy_to(url):
        return _of_proxy(chain, host, name, proxy) or _through(_explained(chain, host, name, place), proxy)
    return _explained(chain, host, name, place)


def proxy_to(url: str) -> Proxy | None:
    """The proxy that is asked for a URL, if there is one."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        return None
    try:
        return proxy_of(parts.hostname)
    except NoAnswer:  # then it was not asked
        return None


def _of_proxy(chain: tuple[BaseException, ...], host: str, name: str, proxy: Proxy) -> Fault | None:
    """What stands between us and the proxy, or what the proxy says; None for what may be the host's as well."""
    correct = _correct(proxy, host)
    for cause in chain:
        match cause:
            case socket.gaierror():
                text = f"{name} is not reached through {proxy}: the name {proxy.host} cannot be resolved"
                return Fault(text, correct, passing=False)
            case ConnectionRefusedError():
                text = f"{name} is not reached through {proxy}: it refused the connection"
                return Fault(text, f"look whether the proxy runs there; {correct}", passing=True)
        if type(cause).__name__ in NO_TUNNELS and (fault := _no_tunnel(str(cause), host, name, proxy)):
            return fault
    return None


def told_of_proxy(text: str, url: str) -> Fault | None:
    """What a client that has only a text for all that happened says of the proxy to a URL; None: nothing of it."""
    proxy = proxy_to(url)
    if proxy is None:
        return None
    host, name = _names(url)
    if f"Cannot connect to host {proxy.host}:{proxy.port} " in text:
        said = f"{name} is not reached through {proxy}: nobody answers there"
        return Fault(said, f"look whether the proxy runs there; {_correct(proxy, host)}", passing=True)
    return _no_tunnel(text, host, name, proxy)


def _names(url: str) -> tuple[str, str]:
    """The host of a URL, and with its port, where it has one of its own."""
    parts = urlsplit(url)
    host = parts.hostname or url
    return host, f"{host}:{parts.port}" if parts.port else host


def _correct(proxy: Proxy, host: str) -> str:
    return f"correct {proxy.source}, or except {host} by NO_PROXY"


def _no_tunnel(text: str, host: str, name: str, proxy: Proxy) -> Fault | None:
    """What a proxy says that opens no tunnel, by the text in which a client tells the status; None for other texts."""
    found = NO_TUNNEL.search(text)
    if found is None:
        return None
    status, way = int(found[1]), f"{name} is not reached through {proxy}"
    if status == 407:
        wrong = "correct user name and password" if proxy.knows_us else "put user name and password"
        remedy = f"{wrong} in {proxy.source} (http://USER:PASSWORD@HOST:PORT)"
        return Fault(f"{way}: it wants to know who asks (status 407)", remedy, passing=False)
    remedy = f"let that proxy admit {name}; {_correct(proxy, host)}"
    return Fault(f"{way}: it opens no way there (status {status})", remedy, passing=status == 429 or status >= 500)


def _through(fault: Fault, proxy: Proxy) -> Fault:
    look = f"look at {proxy.source}: whether that proxy speaks TLS itself" if proxy.speaks_tls else "look at that proxy"
    return Fault(f"{fault.cause}, through {proxy}", f"{fault.remedy}; {look}", fault.passing)


def _explained(chain: tuple[BaseException, ...], host: str, name: str, place: str) -> Fault:
    for cause in chain:
        if fault := _known(cause, host, name, place):
            return fault
    names = {type(cause).__name__ for cause in chain}
    if not names.isdisjoint(SILENCE) or any(isinstance(cause, TimeoutError) for cause in chain):
        return Fault(f"{name} did not answer in time", "check the network, or run again later", passing=True)
    if MISNAMED in names:  # urllib3's own, for the standard library checks no names for it
        return _misnamed(name, place)
    if not names.isdisjoint(CLOSED) or any(SAID_NOTHING in str(cause) for cause in chain):
        text = f"{name} closed the connection without an answer"
        return Fault(text, "run again; look at proxies and firewalls", passing=True)
    if not names.isdisjoint(CUTS):
        return Fault(f"{name} cut the answer short", "run again; look at proxies and firewalls", passing=True)
    said = [cause.strerror for cause in chain if isinstance(cause, OSError) and cause.strerror]
    why = said[-1] if said else type(chain[0]).__name__
    return Fault(f"{name} cannot be reached ({one_line(why, 80)})", "check the network, or run again", passing=True)


def _known(cause: BaseException, host: str, name: str, place: str) -> Fault | None:
    """The fault that an exception of the standard library stands for; None for those that say too little."""
    match cause:
        case ssl.SSLCertVerificationError():
            # aiohttp's subclass only wraps the real one, which comes next in the chain, and has none of its fields.
            return _untrusted(cause, name, place) if hasattr(cause, "verify_code") else None
        case ssl.SSLWantReadError() | ssl.SSLWantWriteError():
            return None  # how waiting looks from inside: it stands in the chain of every timeout
        case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
            return Fault(f"{name} closed the connection", "run again; look at proxies and firewalls", passing=True)
        case ssl.SSLError():
            if not hasattr(cause, "reason"):
                return None  # as above
            text = f"the TLS handshake with {name} failed ({one_line(cause.reason or str(cause), 80)})"
            return Fault(text, f"look whether {name} speaks TLS and no proxy stands between", passing=False)
        case socket.gaierror():
            text = f"the name {host} cannot be resolved"
            return Fault(text, f"check the network, the DNS server and the endpoints of {place}", passing=False)
        case ConnectionRefusedError():
            text = f"{name} refused the connection"
            return Fault(text, f"look whether the service runs there, and at the endpoints of {place}", passing=True)
        case ConnectionResetError() | BrokenPipeError():
            return Fault(f"{name} reset the connection", "run again; look at proxies and firewalls", passing=True)
        case _:
            return None


def _untrusted(error: ssl.SSLCertVerificationError, name: str, place: str) -> Fault:
    if error.verify_code in (NOT_YET_VALID, HAS_EXPIRED):
        when = "has expired" if error.verify_code == HAS_EXPIRED else "is not valid yet"
        return Fault(
            f"the certificate of {name} {when}, by this computer's clock",
            f"check this computer's clock; if it is right, {name} needs a new certificate",
            passing=False,
        )
    if error.verify_code in (HOSTNAME_MISMATCH, IP_MISMATCH):
        return _misnamed(name, place)
    return Fault(
        f"the certificate of {name} is not trusted ({error.verify_message})",
        f"set ca-bundle of {place} to the PEM file of the authority that signed it",
        passing=False,
    )


def _misnamed(name: str, place: str) -> Fault:
    return Fault(
        f"the certificate of {name} is made out to another name",
        f"check the endpoints of {place}: the host must be the one in the certificate",
        passing=False,
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and all that it wraps, outermost first: as cause, context, argument or reason."""
    seen: set[int] = set()
    open_ = [error]
    while open_:
        current = open_.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        kwargs = getattr(current, "kwargs", None)
        wrapped = [current.__cause__, current.__context__, getattr(current, "reason", None), *current.args]
        if isinstance(current, BaseExceptionGroup):
            wrapped += current.exceptions
        if isinstance(kwargs, dict):  # botocore keeps the cause among the words of its message
            wrapped.append(kwargs.get("error"))
        open_ += [item for item in wrapped if isinstance(item, BaseException)]
