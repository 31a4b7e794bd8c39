import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from avatar_app.commands.resumable_download import WebPageError, download
from avatar_app.commands.web_request import DownloadError, WebRules
from avatar_app.errors import OutputError
from tests.fakes.file_server import LOCAL_RULES, FileServer, Served, file_server

CONTENT = bytes(range(256)) * 4000  # about a megabyte
SIZE = len(CONTENT)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server() as running:
        running.files["a"] = Served(CONTENT, tag='"one"')
        yield running


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "a.pth"


def fetch(server: FileServer, target: Path, rules: WebRules = LOCAL_RULES) -> list[int]:
    """Fetch file ``a`` and return what the progress was told."""
    told: list[int] = []
    download(
        f"{server.address}?id=a",
        target,
        rules,
        accepts_size=lambda size: size == SIZE,
        progress=lambda done, total: told.append(done),
    )
    return told


def test_a_file_arrives_whole_and_leaves_no_part(server: FileServer, target: Path) -> None:
    told = fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    assert told == sorted(told)
    assert told[-1] == SIZE


def test_a_cut_connection_is_continued_where_it_broke(server: FileServer, target: Path) -> None:
    server.files["a"].cuts = [100_000, 300_000]
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == [("a", ""), ("a", "bytes=100000-"), ("a", "bytes=400000-")]


def test_a_download_that_was_given_up_continues_with_the_next_command(
    server: FileServer, target: Path
) -> None:
    server.files["a"].cuts = [200_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="cut off after 200000 bytes; run the command again"):
        fetch(server, target)
    assert not target.exists()
    server.asked.clear()
    told = fetch(server, target)
    assert server.asked == [("a", "bytes=200000-")]
    assert told[0] > 200_000
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_complete_is_not_fetched_again(server: FileServer, target: Path) -> None:
    server.files["a"].cuts = [200_000, 0, 0, 0]
    with pytest.raises(DownloadError, match="run the command again"):
        fetch(server, target)
    target.with_name("a.pth.part").write_bytes(CONTENT)
    server.asked.clear()
    fetch(server, target)
    assert server.asked == []
    assert [path.name for path in target.parent.iterdir()] == ["a.pth"]
    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_since_is_fetched_anew(server: FileServer, target: Path) -> None:
    server.files["a"].cuts = [200_000, 0, 0, 0]
    with pytest.raises(DownloadError):
        fetch(server, target)
    server.files["a"] = Served(CONTENT[::-1], tag='"two"')
    fetch(server, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_a_file_of_another_size_without_a_tag_is_fetched_anew(
    server: FileServer, target: Path
) -> None:
    target.with_name("a.pth.part").write_bytes(b"x" * 50)
    target.with_name("a.pth.part.json").write_text(json.dumps({"size": 99, "tag": ""}))
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_without_ranges_begins_anew(server: FileServer, target: Path) -> None:
    server.files["a"] = Served(CONTENT, tag='"one"', cuts=[200_000], ranges=False)
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_longer_than_the_file_is_thrown_away(
    server: FileServer, target: Path
) -> None:
    target.with_name("a.pth.part").write_bytes(b"x" * (SIZE + 5))
    target.with_name("a.pth.part.json").write_text(json.dumps({"size": SIZE, "tag": ""}))
    fetch(server, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("mark", ["", "[]", '{"size": "x", "tag": ""}', '{"size": null}'])
def test_a_part_of_unknown_origin_is_not_continued(
    server: FileServer, target: Path, mark: str
) -> None:
    target.with_name("a.pth.part").write_bytes(b"x" * 50)
    target.with_name("a.pth.part.json").write_text(mark)
    fetch(server, target)
    assert server.asked == [("a", "")]
    assert target.read_bytes() == CONTENT


def test_a_wrong_size_is_refused_before_anything_is_kept(server: FileServer, target: Path) -> None:
    server.files["a"] = Served(CONTENT + b"more")
    with pytest.raises(DownloadError, match=rf"has {SIZE + 4} bytes, which no file"):
        fetch(server, target)
    assert list(target.parent.iterdir()) == []


def test_an_absurdly_large_file_is_refused(server: FileServer, target: Path) -> None:
    with pytest.raises(DownloadError, match="download refused"):
        fetch(server, target, replace(LOCAL_RULES, max_bytes=1000))


def test_a_web_page_is_not_taken_for_the_file(server: FileServer, target: Path) -> None:
    server.files["a"].page = "<html>Are you sure?</html>"
    with pytest.raises(WebPageError, match="a web page came instead") as error_info:
        fetch(server, target)
    assert error_info.value.page == "<html>Are you sure?</html>"
    assert list(target.parent.iterdir()) == []


def test_a_missing_file_is_one_sentence(server: FileServer, target: Path) -> None:
    server.files.clear()
    with pytest.raises(DownloadError, match="Not Found; check the network and try again"):
        fetch(server, target)


def test_a_refused_connection_is_one_sentence(target: Path) -> None:
    with file_server() as gone:
        pass
    with pytest.raises(DownloadError, match=r"cannot download http.*; check the network"):
        fetch(gone, target)


def test_a_redirect_within_the_known_hosts_is_followed(server: FileServer, target: Path) -> None:
    server.files["b"] = server.files["a"]
    server.files["a"] = Served(redirect=f"{server.address}?id=b")
    fetch(server, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("address", ["http://example.invalid/x", "file:///etc/passwd", "ftp://a/b"])
def test_a_redirect_to_a_stranger_is_refused(
    server: FileServer, target: Path, address: str
) -> None:
    server.files["a"] = Served(redirect=address)
    with pytest.raises(DownloadError, match=r"refused|cannot download"):
        fetch(server, target)
    assert not target.exists()


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://drive.google.com/uc?id=1", True),
        ("https://doc-0s-64.docs.googleusercontent.com/x", True),
        ("http://drive.google.com/uc?id=1", False),
        ("https://drive.google.com.evil.example/uc", False),
        ("https://evilgoogleusercontent.com/", False),
        ("https://drive.google.com@evil.example/", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_known_hosts_over_https_are_asked(url: str, allowed: bool) -> None:
    rules = WebRules(("drive.google.com", ".googleusercontent.com"))
    if allowed:
        rules.check(url)
    else:
        with pytest.raises(DownloadError, match="download refused: it leads to"):
            rules.check(url)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(DownloadError, match="is no web address"):
        WebRules(("drive.google.com",)).check("https://[drive.google.com/")


def test_a_folder_that_cannot_be_written_is_one_sentence(
    server: FileServer, tmp_path: Path
) -> None:
    with pytest.raises(OutputError, match="cannot write"):
        fetch(server, tmp_path / "gone" / "a.pth")
