"""TLS contexts and HTTP pools: one of each for each authority (and host), shared by all tenants."""

from __future__ import annotations

import asyncio
import ssl
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from xtcheck.clients.outcome import NoAnswer
from xtcheck.clients.proxies import Proxy, proxy_of

if TYPE_CHECKING:
    import aiohttp
    import httpx

    from xtcheck.clients.carriage import Carriage

CONNECTIONS = 8
"""httpcore's HTTP/1.1 pool costs time that grows with its square: 64 connections are slower than 16 (measured)."""

SIGN_INS = 24
"""Connections for signing in; aiohttp's pool does not mind many, and each tenant asks once."""

CONNECT_SECONDS = 10.0
TABLES = 8
"""Large collections that are read at once, over all tenants."""

BUFFER = 1 << 20
"""Bytes of a large answer that may have come before somebody reads them: a page of a thousand users."""


class Transport:
    """What is expensive to open, opened once."""

    def __init__(self, silence: float) -> None:
        self._silence = silence
        self.tables = asyncio.Semaphore(TABLES)
        """Held by whoever reads a large collection: each has some pages, and rows for a file, in memory."""
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._pools: dict[tuple[str, str], httpx.AsyncClient] = {}
        self._carriages: dict[str, Carriage] = {}
        self._sessions: dict[str, aiohttp.ClientSession] = {}
        self._proxies: dict[str, Proxy | None] = {}

    def context(self, ca_bundle: str, place: str) -> ssl.SSLContext:
        """The TLS context that trusts the authorities in the file, or the system's when there is none.

        :raises NoAnswer: the file cannot be read or holds no certificate.
        """
        if ca_bundle not in self._contexts:
            try:
                self._contexts[ca_bundle] = ssl.create_default_context(cafile=ca_bundle or None)
            except OSError as error:  # ssl.SSLError is one
                said = "holds no PEM certificate" if isinstance(error, ssl.SSLError) else str(error.strerror)
                text = f"the ca-bundle {ca_bundle} cannot be used: {said}"
                raise NoAnswer(text, f"name a readable PEM file as ca-bundle of {place}") from error
        return self._contexts[ca_bundle]

    def proxy(self, host: str) -> str | None:
        """The URL of the proxy to a host, for all clients alike: none is left to look for itself.

        httpx raises what quotes a password, and wants an extra package for a SOCKS proxy that it would not use;
        botocore does not know ALL_PROXY; aiohttp's sessions would look for each request, in threads that the request
        waits for, and would take a password from .netrc, which is no business of Entra's, and which they refuse beside
        a token.

        :raises NoAnswer: it cannot be used.
        """
        if host not in self._proxies:
            self._proxies[host] = proxy_of(host)
        proxy = self._proxies[host]
        return proxy.url if proxy else None

    def pool(self, url: str, ca_bundle: str, place: str) -> httpx.AsyncClient:
        """The HTTP client for the host of a URL: no redirects, no cookies, and no sign-in of its own.

        Of the environment it looks at nothing. What OpenSSL reads there (SSL_CERT_FILE, SSL_CERT_DIR), the context has.

        :raises NoAnswer: the URL is not https, or the authorities cannot be read, or the proxy cannot be used.
        """
        import httpx

        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            text = f"{parts.scheme}://{parts.hostname or ''} is not an https URL"
            raise NoAnswer(text, f"correct the endpoints of {place}")
        key = (parts.netloc, ca_bundle)
        if key not in self._pools:
            context, proxy = self.context(ca_bundle, place), self.proxy(parts.hostname)
            trust = context if proxy and proxy.startswith("https:") else None
            self._pools[key] = httpx.AsyncClient(
                verify=context,
                trust_env=False,
                proxy=httpx.Proxy(proxy, ssl_context=trust) if proxy else None,
                http2=True,
                follow_redirects=False,
                cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
                timeout=httpx.Timeout(self._silence, connect=CONNECT_SECONDS, pool=None),
                limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
                headers={"User-Agent": "xtcheck"},
            )
        return self._pools[key]

    def carriage(self, ca_bundle: str, place: str) -> Carriage:
        """What is best for large answers, not for many; it follows no redirects and keeps no cookies either.

        :raises NoAnswer: the authorities cannot be read.
        """
        import aiohttp

        from xtcheck.clients.carriage import Carriage, Response

        if ca_bundle not in self._carriages:
            session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=self.context(ca_bundle, place), limit=CONNECTIONS),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=self._silence),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,  # httpx does, by the encodings that it has asked for
                read_bufsize=BUFFER,
                response_class=Response,
            )
            self._carriages[ca_bundle] = Carriage(session, self.proxy)
        return self._carriages[ca_bundle]

    def session(self, ca_bundle: str, place: str) -> aiohttp.ClientSession:
        """The session in which tenants sign in: azure-identity would open one, and read the authorities, for each.

        :raises NoAnswer: the authorities cannot be read.
        """
        import aiohttp

        if ca_bundle not in self._sessions:
            connector = aiohttp.TCPConnector(ssl=self.context(ca_bundle, place), limit=SIGN_INS)
            self._sessions[ca_bundle] = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
            )
        return self._sessions[ca_bundle]

    async def close(self) -> None:
        """Close every connection."""
        for session in self._sessions.values():
            await session.close()
        self._sessions.clear()
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()
        for carriage in self._carriages.values():
            await carriage.close()
        self._carriages.clear()
