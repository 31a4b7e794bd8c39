"""Files that are shared on Google Drive, past the page that asks before large ones."""

from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode, urljoin

from avatar_app.commands.resumable_download import Progress, WebPageError, download
from avatar_app.commands.web_request import DownloadError, WebRules

DRIVE_RULES = WebRules(
    (
        "drive.google.com",
        "docs.google.com",
        ".googleusercontent.com",
        "drive.usercontent.google.com",
    ),
    max_bytes=1 << 30,
)
FORM_ID = "download-form"
# What a page without a form says, in lower case, and what that means.
REFUSALS = (
    ("quota", "Google lets nobody download it for now, because too many did; try again tomorrow"),
    ("too many users", "Google lets nobody download it for now; try again tomorrow"),
    ("sign in", "Google asks to sign in for it"),
    ("servicelogin", "Google asks to sign in for it"),
    ("not found", "Google does not find it any more"),
)


@dataclass(frozen=True, slots=True)
class DriveSite:
    """Where files are asked for by their id; another one in tests."""

    address: str = "https://drive.usercontent.google.com/download"
    rules: WebRules = DRIVE_RULES

    def url(self, file_id: str) -> str:
        """Return the address of a file's content."""
        fields = {"id": file_id, "export": "download", "confirm": "t"}
        return f"{self.address}?{urlencode(fields)}"


def browser_link(file_id: str) -> str:
    """Return the address under which a person downloads a file with a browser."""
    return f"https://drive.google.com/file/d/{file_id}/view"


def fetch_shared_file(
    file_id: str,
    target: Path,
    *,
    site: DriveSite,
    accepts_size: Callable[[int], bool],
    progress: Progress,
) -> None:
    """Download a shared file, continuing an earlier attempt.

    Raises:
        DownloadError: No answer, a page instead of the file, a wrong size, cut off too often.
        OutputError: The disk is full or cannot be written.
    """
    url = site.url(file_id)
    for _ in range(2):  # the second time with what the page's form asks to send along
        try:
            download(url, target, site.rules, accepts_size=accepts_size, progress=progress)
        except WebPageError as error:
            form = _read_form(error.page)
            if form is None:
                raise _refusal(file_id, error.page) from error
            url = _form_url(site, form)
        else:
            return
    raise _refusal(file_id, "")


def _form_url(site: DriveSite, form: "_Form") -> str:
    try:
        return f"{urljoin(site.address, form.action)}?{urlencode(form.fields)}"
    except ValueError as error:
        raise DownloadError(
            f"download refused: Google's form leads to {form.action[:200]!r}, which is no address"
        ) from error


def _refusal(file_id: str, page: str) -> DownloadError:
    text = page.lower()
    told = (meaning for word, meaning in REFUSALS if word in text)
    reason = next(told, "Google Drive answered with a web page instead of the file")
    return DownloadError(
        f"cannot download {browser_link(file_id)}: {reason}; or open the link in a browser, put "
        "the four .pth files into a folder and run 'weights add FOLDER'"
    )


@dataclass(slots=True)
class _Form:
    action: str
    fields: dict[str, str] = field(default_factory=dict)


class _FormReader(HTMLParser):
    """Find the download form of Google's page and its hidden fields."""

    def __init__(self) -> None:
        super().__init__()
        self.form: _Form | None = None
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the form's address and fields."""
        values = {name: value or "" for name, value in attrs}
        if tag == "form" and values.get("id") == FORM_ID and self.form is None:
            self.form = _Form(values.get("action", ""))
            self._inside = True
        if tag == "input" and self._inside and self.form is not None and values.get("name"):
            self.form.fields[values["name"]] = values.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Stop at the form's end."""
        self._inside = self._inside and tag != "form"


def _read_form(page: str) -> _Form | None:
    reader = _FormReader()
    reader.feed(page)
    return reader.form
