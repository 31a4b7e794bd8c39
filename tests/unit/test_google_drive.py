from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar_app.commands.google_drive import DriveSite, browser_link, fetch_shared_file
from avatar_app.commands.web_request import DownloadError
from tests.fakes.file_server import LOCAL_RULES, FileServer, Served, file_server

# The shape of the page that asks before files too large for a virus scan.
CONFIRM_PAGE = """<!DOCTYPE html><html><head><title>Google Drive - Virus scan warning</title></head>
<body><p>Google Drive can't scan this file for viruses.</p>
<form action="elsewhere"><input name="q" value="no"></form>
<form id="download-form" action="{action}" method="get">
<input type="submit" value="Download anyway"/><input type="hidden" name="id" value="{id}">
<input type="hidden" name="export" value="download"><input type="hidden" name="confirm" value="t">
<input type="hidden" name="uuid" value="7f-3"></form><input name="late" value="no"></body></html>"""


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        yield running


def fetch(server: FileServer, target: Path) -> None:
    fetch_shared_file(
        "big",
        target,
        site=DriveSite(server.address, LOCAL_RULES),
        accepts_size=lambda size: True,
        progress=lambda done, total: None,
    )


def test_a_small_file_comes_at_once(server: FileServer, tmp_path: Path) -> None:
    server.files["big"] = Served(b"content")
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"content"


@pytest.mark.parametrize("relative", [True, False])
def test_the_page_that_asks_before_large_files_is_answered(
    server: FileServer, tmp_path: Path, relative: bool
) -> None:
    action = "/download" if relative else server.address
    server.files["big"] = Served(b"content", page=CONFIRM_PAGE.format(action=action, id="big"))
    fetch(server, tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"content"


def test_a_form_that_leads_to_a_stranger_is_refused(server: FileServer, tmp_path: Path) -> None:
    action = "http://stranger.invalid/download"
    server.files["big"] = Served(b"content", page=CONFIRM_PAGE.format(action=action, id="big"))
    with pytest.raises(DownloadError, match=r"it leads to http://stranger\.invalid"):
        fetch(server, tmp_path / "file")


def test_a_form_that_leads_nowhere_is_refused(server: FileServer, tmp_path: Path) -> None:
    page = CONFIRM_PAGE.format(action="http://[", id="big")
    server.files["big"] = Served(b"content", page=page)
    with pytest.raises(DownloadError, match="which is no address"):
        fetch(server, tmp_path / "file")


def test_a_page_that_asks_for_ever_is_given_up(server: FileServer, tmp_path: Path) -> None:
    page = CONFIRM_PAGE.format(action="/download", id="big").replace('name="uuid"', 'name="other"')
    server.files["big"] = Served(b"content", page=page)
    with pytest.raises(DownloadError, match="a web page instead of the file"):
        fetch(server, tmp_path / "file")
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<p>Quota exceeded. Too many users have viewed this file</p>", "try again tomorrow"),
        ("<a href='https://accounts.google.com/ServiceLogin'>in</a>", "asks to sign in"),
        ("<p>something new</p>", "a web page instead of the file"),
        ("<<<!>&#xFFFFFFFFFF;<form id=download-for", "a web page instead of the file"),
    ],
)
def test_a_page_without_a_form_says_why_and_how_to_go_on(
    server: FileServer, tmp_path: Path, page: str, reason: str
) -> None:
    server.files["big"] = Served(page=page)
    with pytest.raises(DownloadError, match=reason) as error_info:
        fetch(server, tmp_path / "file")
    assert browser_link("big") in str(error_info.value)
    assert "weights add FOLDER" in str(error_info.value)
    assert not list(tmp_path.iterdir())
