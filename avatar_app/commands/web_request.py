"""Requests to the web: known hosts only, and one sentence for whatever goes wrong."""

import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO

from avatar_app.errors import AppError

TIMEOUT_S = 30.0
AGENT = "kigurumi"


class DownloadError(AppError):
    """A file could not be fetched, or is not what it should be."""


@dataclass(frozen=True, slots=True)
class WebRules:
    """Where a download may come from, redirects included.

    Attributes:
        hosts: Names; one that begins with a dot stands for everything that ends so.
        schemes: Allowed ones.
        max_bytes: A larger answer is refused.
        timeout_s: Of connecting and of each read.
    """

    hosts: tuple[str, ...]
    schemes: tuple[str, ...] = ("https",)
    max_bytes: int = 64 << 20
    timeout_s: float = TIMEOUT_S

    def check(self, url: str) -> None:
        """Raise DownloadError for an address outside of the rules."""
        try:
            parts = urllib.parse.urlsplit(url)
        except ValueError as error:
            raise DownloadError(f"download refused: {url[:200]!r} is no web address") from error
        host = (parts.hostname or "").lower()
        known = any(
            host.endswith(name) if name.startswith(".") else host == name for name in self.hosts
        )
        if parts.scheme not in self.schemes or not known:
            raise DownloadError(
                f"download refused: it leads to {parts.scheme}://{host}, expected "
                f"{self.schemes[0]}:// and one of {', '.join(self.hosts)}"
            )


def open_web(url: str, rules: WebRules, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """Open an address for reading; the caller closes it.

    Blocks up to ``rules.timeout_s``.

    Raises:
        DownloadError: No network, an error page, or an address outside of the rules.
    """
    rules.check(url)
    opener = urllib.request.build_opener(_CheckedRedirects(rules))
    request = urllib.request.Request(url, headers={"User-Agent": AGENT, **(headers or {})})
    try:
        response: HTTPResponse = opener.open(request, timeout=rules.timeout_s)
    except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
        raise no_answer(url, error) from error
    return response


def no_answer(url: str, error: Exception) -> DownloadError:
    """Put a network failure into a sentence; an HTTP error is closed."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
    reason = getattr(error, "reason", None) or error
    return DownloadError(f"cannot download {url}: {reason}; check the network and try again")


class _CheckedRedirects(urllib.request.HTTPRedirectHandler):
    """Follow redirects within the rules."""

    def __init__(self, rules: WebRules) -> None:
        self._rules = rules

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Check the next address, then do as usual."""
        try:
            self._rules.check(newurl)
        except DownloadError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)
