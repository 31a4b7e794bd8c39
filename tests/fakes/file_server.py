"""A web server on this machine that serves files as well or as badly as a test asks."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from avatar_app.commands.web_request import WebRules

LOCAL_RULES = WebRules(("127.0.0.1",), ("http",), max_bytes=1 << 24, timeout_s=5.0)


@dataclass
class Served:
    """One file, by the ``id`` of its address.

    Attributes:
        content: What is sent.
        tag: ETag; empty for none.
        cuts: Bytes after which one answer each is cut off.
        page: HTML that comes instead, unless the address has ``uuid``.
        redirect: Address to go to instead.
        ranges: Whether parts may be asked for.
    """

    content: bytes = b""
    tag: str = ""
    cuts: list[int] = field(default_factory=list)
    page: str = ""
    redirect: str = ""
    ranges: bool = True


class FileServer:
    """What the server serves, and what it was asked for."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[tuple[str, str]] = []  # id, Range header
        self.address = ""


@contextmanager
def file_server() -> Iterator[FileServer]:
    """Serve on a free port until the block ends."""
    state = FileServer()

    class Handler(_Handler):
        served = state

    server = HTTPServer(("127.0.0.1", 0), Handler)
    state.address = f"http://127.0.0.1:{server.server_port}/download"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join(5.0)
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: FileServer

    def do_GET(self) -> None:
        fields = parse_qs(urlsplit(self.path).query)
        file_id = fields.get("id", [""])[0]
        self.served.asked.append((file_id, self.headers.get("Range", "")))
        file = self.served.files.get(file_id)
        if file is None:
            self.send_error(404)
        elif file.redirect:
            self._send(303, b"", {"Location": file.redirect})
        elif file.page and "uuid" not in fields:
            page = file.page.encode()
            self._send(200, page, {"Content-Type": "text/html; charset=utf-8"})
        else:
            self._send_file(file)

    def _send_file(self, file: Served) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        fresh = self.headers.get("If-Range", file.tag) == file.tag
        start = int(match[1]) if match and file.ranges and fresh else 0
        size = len(file.content)
        if start >= size > 0 and start:
            self.send_error(416)
            return
        headers = {"Content-Type": "application/octet-stream"}
        if file.tag:
            headers["ETag"] = file.tag
        if start:
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        body = file.content[start:]
        length = len(body)
        if file.cuts:
            body = body[: file.cuts.pop(0)]
        self._send(206 if start else 200, body, {**headers, "Content-Length": str(length)})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""
