import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from avatar_app.commands.model_download import fetch
from avatar_app.commands.web_request import DownloadError, WebRules

CONTENT = b"a small model"
RULES = WebRules(("127.0.0.1",), ("http",))
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serve one file; everything else is missing."""

    def do_GET(self) -> None:
        found = self.path == "/model.task"
        self.send_response(200 if found else 404)
        self.end_headers()
        if found:
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Stay quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5.0)
    server.server_close()


def test_the_right_file_is_put_in_place(server: str, tmp_path: Path) -> None:
    target = tmp_path / "models" / "model.task"
    fetch(f"{server}/model.task", SHA256, target, RULES)
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["model.task"]


def test_a_wrong_file_is_thrown_away_and_the_old_one_kept(server: str, tmp_path: Path) -> None:
    target = tmp_path / "model.task"
    target.write_bytes(b"old")
    with pytest.raises(DownloadError, match="not the expected one"):
        fetch(f"{server}/model.task", "0" * 64, target, RULES)
    assert target.read_bytes() == b"old"


def test_a_missing_file_is_one_sentence(server: str, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"cannot download .*Not Found; check the network"):
        fetch(f"{server}/gone.task", SHA256, tmp_path / "model.task", RULES)


def test_a_dead_network_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match="check the network"):
        fetch("http://127.0.0.1:9/model.task", SHA256, tmp_path / "model.task", RULES)


def test_a_folder_that_cannot_be_written_is_one_sentence(server: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DownloadError, match="cannot write"):
        fetch(f"{server}/model.task", SHA256, tmp_path / "file" / "model.task", RULES)
