"""HTTP to people on call: no redirects, no proxies, no way into our own network unless allowed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from agents.paging.messages import Answer

# Of an answer's body, for the log.
DETAIL_CHARS = 120
# What no other attempt would change: the message itself is not taken.
REFUSED = frozenset({400, 413, 422})
GONE = 410
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(OSError):
    """The receiver's name leads into a private network."""


class CheckedResolver(AbstractResolver):
    """Resolves names and refuses private addresses: a connection goes to an address checked here."""

    def __init__(self) -> None:
        self._inner = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """All addresses of a host; raises ``PrivateAddressError`` if one of them is private."""
        found = await self._inner.resolve(host, port, family)
        for entry in found:
            refuse_private(entry["host"])
        return found

    async def close(self) -> None:
        """Nothing is held."""
        await self._inner.close()


def refuse_private(address: str) -> None:
    """Raise ``PrivateAddressError`` for an address that is not on the public internet."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
        ip = inner or ip
    if not ip.is_global or ip.is_multicast:
        raise PrivateAddressError(
            f"{address} is a private address (allow_private = true allows it)"
        )


class Http:
    """A client for one receiver."""

    def __init__(self, timeout_s: float, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        # Names are resolved for each connection, so what was checked is what is connected to.
        connector = aiohttp.TCPConnector(
            resolver=None if allow_private else CheckedResolver(), use_dns_cache=False
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=aiohttp.ClientTimeout(total=timeout_s),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send; never raises for a receiver that is away, slow or wrong."""
        try:
            if not self._allow_private:
                refuse_literal(urlsplit(url).hostname or "")
            async with self._session.post(
                url,
                data=body,
                headers={"Content-Type": "application/json", **headers},
                allow_redirects=False,
            ) as response:
                text = (await response.content.read(DETAIL_CHARS)).decode(errors="replace")
                return judged(response.status, response.headers, text, datetime.now(UTC))
        except TimeoutError:
            return Answer("retry", "no answer in time")
        except PrivateAddressError as error:
            return Answer("retry", str(error))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Answer("retry", _reason(error))

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()


def refuse_literal(host: str) -> None:
    """Refuse a host that is written as an address, and private; of a name nothing is said."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return  # a name: the resolver looks
    refuse_private(host)


def _reason(error: Exception) -> str:
    """What went wrong, without the address: it may hold a secret."""
    cause: Any = getattr(error, "os_error", None) or error
    if isinstance(cause, PrivateAddressError):
        return str(cause)
    said = getattr(cause, "strerror", None)
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def judged(status: int, headers: Mapping[str, str], text: str, now: datetime) -> Answer:
    """What an HTTP answer means."""
    said = " ".join(text.split())
    detail = f"HTTP {status}" + (f": {said}" if said and status >= 300 else "")
    if 200 <= status < 300:
        return Answer("sent", detail)
    if status == GONE:
        return Answer("gone", detail)
    if status in REFUSED:
        return Answer("refused", detail)
    return Answer("retry", detail, retry_after_s(headers.get("Retry-After", ""), now))


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds from a ``Retry-After`` header: a number, or a date (RFC 9110 10.2.3)."""
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - now).total_seconds())
