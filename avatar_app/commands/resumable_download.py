"""A large file from the web, continued where an earlier attempt was cut off."""

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path

from avatar_app.commands.web_request import DownloadError, WebRules, no_answer, open_web
from avatar_app.errors import OutputError
from udp_live.whole_file import write_whole

Progress = Callable[[int, int | None], None]

CHUNK_BYTES = 1 << 18
ATTEMPTS = 3  # in a row that brought nothing
MAX_PAGE_BYTES = 1 << 20
NOT_SATISFIABLE = 416
PARTIAL = 206


class WebPageError(DownloadError):
    """A web page came instead of the file.

    Attributes:
        page: Its beginning, as text.
    """

    def __init__(self, message: str, page: str) -> None:
        super().__init__(message)
        self.page = page


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is known of a file whose part lies on the disk: its size, and a tag of its content."""

    size: int | None = None
    tag: str = ""


def download(
    url: str,
    target: Path,
    rules: WebRules,
    *,
    accepts_size: Callable[[int], bool],
    progress: Progress,
) -> None:
    """Download a file beside its part of an earlier attempt, which it continues.

    Args:
        url: Of the file; it may change between attempts.
        target: Appears when the file is complete; ``<target>.part`` until then.
        rules: Hosts, schemes, largest size.
        accepts_size: Told the announced size before the file is fetched.
        progress: Told bytes so far and bytes in all, where known.

    Raises:
        WebPageError: A page came instead.
        DownloadError: No answer, a wrong size, or cut off too often.
        OutputError: The disk is full or cannot be written.
    """
    part, mark_file = (target.with_name(target.name + end) for end in (".part", ".part.json"))
    failures = 0
    while True:
        before = _size(part)
        try:
            complete = _attempt(url, part, mark_file, rules, accepts_size, progress)
        except OSError as error:
            raise OutputError(f"cannot write {part}: {error.strerror or error}") from error
        if complete:
            break
        failures = failures + 1 if _size(part) <= before else 0
        if failures == ATTEMPTS:
            raise DownloadError(
                f"download of {url} was cut off after {_size(part)} bytes; run the command again "
                "to continue"
            )
    part.replace(target)
    mark_file.unlink(missing_ok=True)


def _attempt(
    url: str,
    part: Path,
    mark_file: Path,
    rules: WebRules,
    accepts_size: Callable[[int], bool],
    progress: Progress,
) -> bool:
    """Fetch as much as comes; tell whether the file is complete."""
    mark = _read_mark(mark_file)
    have = _size(part) if mark != _Mark() else 0
    if have and have == mark.size:  # stopped after the last byte, before the part got its name
        return True
    with closing(_open(url, rules, have, mark)) as response:
        start, total = _place(response)
        _refuse_page(url, response)
        if start not in (0, have) or (start and mark.size not in (None, total)):
            part.unlink(missing_ok=True)  # another file than last time: begin anew
            return False
        if total is not None and (total > rules.max_bytes or not accepts_size(total)):
            raise DownloadError(
                f"download refused: {url} has {total} bytes, which no file that is looked for has"
            )
        tag = response.headers.get("ETag", "")
        _write_mark(mark_file, _Mark(total, "" if tag.startswith("W/") else tag))
        have, cut_off = _receive(response, part, start, total, rules.max_bytes, progress)
    return not cut_off and total in (None, have)


def _open(url: str, rules: WebRules, have: int, mark: _Mark) -> HTTPResponse:
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if mark.tag:
            headers["If-Range"] = mark.tag
    try:
        return open_web(url, rules, headers)
    except DownloadError as error:
        if have and getattr(error.__cause__, "code", None) == NOT_SATISFIABLE:
            return open_web(url, rules, {"Accept-Encoding": "identity"})
        raise


def _place(response: HTTPResponse) -> tuple[int, int | None]:
    """Return where in the file an answer begins, and the file's size."""
    if response.status == PARTIAL:
        unit, _, rest = response.headers.get("Content-Range", "").partition(" ")
        span, _, total = rest.partition("/")
        start = span.partition("-")[0]
        if unit == "bytes" and start.isdecimal() and total.isdecimal():
            return int(start), int(total)
        return -1, None
    length = response.headers.get("Content-Length", "")
    return 0, int(length) if length.isdecimal() else None


def _refuse_page(url: str, response: HTTPResponse) -> None:
    if response.headers.get_content_type() not in ("text/html", "application/xhtml+xml"):
        return
    try:
        page = response.read(MAX_PAGE_BYTES).decode("utf-8", "replace")
    except (HTTPException, OSError) as error:
        raise no_answer(url, error) from error
    raise WebPageError(f"cannot download {url}: a web page came instead of the file", page)


def _receive(
    response: HTTPResponse,
    part: Path,
    start: int,
    total: int | None,
    max_bytes: int,
    progress: Progress,
) -> tuple[int, bool]:
    """Append an answer to the part, or begin it anew at 0.

    Returns:
        The part's size, and whether the connection was cut.
    """
    have, limit = start, max_bytes if total is None else total
    with part.open("ab" if start else "wb") as stream:
        while True:
            try:
                chunk = response.read(CHUNK_BYTES)
            except (HTTPException, OSError):
                return have, True
            if not chunk:
                return have, False
            have += len(chunk)
            if have > limit:
                raise DownloadError(
                    f"download refused: more than the announced {limit} bytes came; try again later"
                )
            stream.write(chunk)
            progress(have, total)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _read_mark(path: Path) -> _Mark:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _Mark(None if document["size"] is None else int(document["size"]), document["tag"])
    except (OSError, ValueError, LookupError, TypeError):
        return _Mark()


def _write_mark(path: Path, mark: _Mark) -> None:
    write_whole(path, json.dumps({"size": mark.size, "tag": mark.tag}).encode())
