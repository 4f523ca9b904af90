"""Proxies that the environment or the system names: which one a host has, who names it, and whether it can be used."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from xtcheck.clients.outcome import NoAnswer

NAMES = ("https", "all")
"""urllib's names of what is looked for, in this order: all that we ask goes over https."""
PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[\w.-]+")
SYSTEM = "this system's settings"
FORM = "http://HOST:PORT"
ENCODED = "with user name and password, where it has them, percent-encoded"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that can be used. Only ``url`` holds a user name and a password; ``source`` is the variable's name."""

    url: str = field(repr=False)
    host: str
    port: int
    source: str

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"the proxy of {self.source}, {host}:{self.port}"

    @property
    def speaks_tls(self) -> bool:
        """Whether the way to the proxy itself is encrypted."""
        return self.url.startswith("https:")

    @property
    def knows_us(self) -> bool:
        """Whether a user name is given to it."""
        return "@" in self.url


def proxy_of(host: str) -> Proxy | None:
    """The proxy to a host; None where none is named, or the host is excepted.

    Both are read as urllib does: variables in lower case before others, HTTPS_PROXY before ALL_PROXY, NO_PROXY; and
    without any of these the settings of Windows or macOS (docs.python.org/3/library/urllib.request.html#getproxies).

    :raises NoAnswer: it cannot be used; neither cause nor remedy has anything of its value.
    """
    named = getproxies()
    name = next((each for each in NAMES if named.get(each)), None)
    if name is None or proxy_bypass(host):
        return None
    source, text = _source(name), named[name].strip()
    why, step = "names no proxy in a form that can be read", f"write {FORM} into {source} ({ENCODED})"
    if text.lower().startswith("socks"):
        why, step = "names a SOCKS proxy, and only an HTTP proxy can be used", f"write {FORM} into {source}"
    try:
        return _usable(text, source)
    except ValueError:
        pass  # and not the cause of what is raised: it quotes the port for which a password was taken
    raise NoAnswer(f"{source} {why}", f"{step}, or except {host} by NO_PROXY")


def _source(name: str) -> str:
    """Where urllib has found it: the variable in lower case, or in any other, or the system."""
    variables = [each for each in os.environ if each.lower() == f"{name}_proxy" and os.environ[each]]
    return min(variables, key=lambda each: each != each.lower(), default=SYSTEM)


def _usable(text: str, source: str) -> Proxy:
    """What is written out, in the one form that all clients read alike.

    :raises ValueError: it cannot be used.
    """
    parts = urlsplit(text if "://" in text else f"http://{text.removeprefix('//')}")
    # A slash in a password that is not encoded ends the host; then the rest has what should come before it.
    rest = parts.path + parts.query + parts.fragment
    if parts.scheme not in PORTS or "@" in rest or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValueError
    host, port = parts.hostname or "", parts.port
    if ":" in host:
        ipaddress.IPv6Address(host)
    elif not HOST.fullmatch(host) or not host.encode("idna"):
        raise ValueError
    if port == 0 or "%" in host:
        raise ValueError
    port = port or PORTS[parts.scheme]
    place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    return Proxy(f"{parts.scheme}://{_user(parts.username, parts.password)}{place}", host, port, source)


def _user(name: str | None, password: str | None) -> str:
    """User name and password, encoded, with the sign that follows them.

    :raises ValueError: clients would send them each in its own way: RFC 7617 admits no colon in a name, and leaves open
        how what is beyond ASCII is sent.
    """
    if not name and not password:
        return ""
    plain = [unquote(each or "") for each in (name, password)]
    if ":" in plain[0] or not "".join(plain).isascii():
        raise ValueError
    return ":".join(quote(each, safe="") for each in plain) + "@"
