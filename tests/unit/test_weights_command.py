import functools
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from avatar_app.commands import conr_download
from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.commands.conr_download import fetch_conr
from avatar_app.commands.google_drive import DriveSite
from avatar_app.commands.progress_line import ProgressLine
from avatar_app.paths import weights_folder
from renderer.conr.config import ConrConfig
from renderer.conr.landmarks.convention_file import write_convention
from renderer.conr.landmarks.landmark_convention import named_convention
from renderer.conr.networks import NETWORK_OF_FILE, expected_shapes
from renderer.conr.weights.checkpoints import read_checkpoints
from renderer.conr.weights.weights_file import load_networks
from tests.fakes.conr_files import TINY, write_states
from tests.fakes.file_server import LOCAL_RULES, FileServer, Served, file_server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, and networks of a tiny size."""
    for name in ("XDG_DATA_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setattr("renderer.conr.weights.checkpoints.ConrConfig", lambda: TINY)
    return tmp_path


@pytest.fixture
def server(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    """A drive with the four files under the ids 0 to 3, asked in place of Google's."""
    write_states(home / "there")
    with file_server() as running:
        for index, file in enumerate(reversed(NETWORK_OF_FILE)):
            content = (home / "there" / file).read_bytes()
            running.files[str(index)] = Served(content, tag=f'"{index}"')
        site = DriveSite(running.address, LOCAL_RULES)
        fetch = functools.partial(fetch_conr, config=TINY, site=site, file_ids=("0", "1", "2", "3"))
        monkeypatch.setattr(conr_download, "fetch_conr", fetch)
        yield running


def run(*argv: str) -> int:
    return run_command(parse_arguments(["weights", *argv]))


def test_added_weights_are_converted_and_listed(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_states(home / "pth")
    sources = read_checkpoints(home / "pth", TINY).sources
    assert run("add", str(home / "pth")) == 0
    told = capsys.readouterr().out
    for file, source in sources.items():
        assert file in told
        assert source.sha256 in told
    assert load_networks(weights_folder() / "conr.safetensors").config == TINY
    assert run("list") == 0
    head, row, _ = capsys.readouterr().out.splitlines()
    assert " ".join(head.split()) == "name network parameters size source landmark convention"
    assert row.startswith("conr  CoNR")
    assert sources["shader.pth"].sha256[:16] in row
    assert row.endswith("  A")


def test_the_list_names_a_convention_of_the_users_own(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_states(home / "pth")
    run("add", str(home / "pth"))
    box = named_convention("A")
    write_convention(weights_folder(), type(box)("fitted", box.axes, box.scale, box.offset))
    capsys.readouterr()
    run("list")
    assert capsys.readouterr().out.splitlines()[1].endswith("  fitted")


def test_adding_again_replaces(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_states(home / "pth")
    run("add", str(home / "pth"))
    assert "wrote " in capsys.readouterr().out
    run("add", str(home / "pth"))
    assert "replaced " in capsys.readouterr().out


def test_an_empty_list_says_what_to_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    told = capsys.readouterr().out
    assert "no weights are installed; run 'weights add FOLDER'" in told


def test_a_broken_folder_is_one_sentence_and_adds_nothing(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_states(home / "pth")
    (home / "pth" / "shader.pth").write_bytes(b"")
    assert run("add", str(home / "pth")) == 1
    assert "shader.pth is empty: download it again" in caplog.text
    assert not weights_folder().exists()


def test_damaged_weights_are_one_sentence_in_the_list(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    weights_folder().mkdir(parents=True)
    (weights_folder() / "conr.safetensors").write_bytes(b"nothing")
    assert run("list") == 1
    assert "is damaged" in caplog.text


def test_the_keys_are_those_of_the_published_files(home: Path, shared_reference: Path) -> None:
    assert run("keys", "conr", "--json", str(home / "keys.json")) == 0
    written = json.loads((home / "keys.json").read_text())
    assert written == json.loads(shared_reference.read_text())


@pytest.fixture
def shared_reference(shared_data: Path) -> Path:
    return shared_data.parent / "reference" / "conr_state_dict.json"


def test_the_written_keys_are_those_the_code_expects(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("keys", "conr", "--json", str(home / "keys.json")) == 0
    written = json.loads((home / "keys.json").read_text())
    assert sum(map(len, written.values())) == 486
    expected = expected_shapes(ConrConfig())
    assert list(written) == list(expected)
    assert written["shader.pth"]["decoder_blocks.0.conv0.0.weight"] == [224, 2572, 3, 3]
    assert "udpparsernet.pth          192 keys" in capsys.readouterr().out


def test_fetched_files_are_recognised_converted_and_tidied_away(
    server: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("fetch", "conr") == 0
    told = capsys.readouterr().out
    assert "file 1 of 4 is rgbadecodernet.pth" in told
    assert "(as 0.pth)" in told
    assert [path.name for path in weights_folder().iterdir()] == ["conr.safetensors"]
    assert load_networks(weights_folder() / "conr.safetensors").config == TINY


def test_a_cut_fetch_continues_with_the_next_command(
    server: FileServer, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    server.files["2"].cuts = [5000, 0, 0, 0]
    assert run("fetch", "conr") == 1
    assert "run the command again to continue" in caplog.text
    assert "https://drive.google.com/file/d/" in capsys.readouterr().out
    server.asked.clear()
    assert run("fetch", "conr") == 0
    assert server.asked == [("2", "bytes=5000-"), ("3", "")]


def test_a_link_that_leads_to_something_else_is_thrown_away(
    server: FileServer, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server.files["1"] = Served(b"no network at all" * 50_000)
    assert run("fetch", "conr") == 1
    assert "no checkpoint" in caplog.text
    assert [path.name for path in (weights_folder() / "downloads").iterdir()] == ["0.pth"]


def test_a_dead_link_is_one_sentence(server: FileServer, caplog: pytest.LogCaptureFixture) -> None:
    del server.files["0"]
    assert run("fetch", "conr") == 1
    assert "Not Found; check the network and try again" in caplog.text


def test_removing_deletes_weights_and_downloads_but_no_calibration(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_states(home / "pth")
    run("add", str(home / "pth"))
    write_convention(weights_folder(), named_convention("A"))
    (weights_folder() / "downloads").mkdir()
    (weights_folder() / "downloads" / "0.pth.part").write_bytes(b"x")
    assert run("remove", "conr") == 0
    assert [path.name for path in weights_folder().iterdir()] == ["conr.toml"]
    assert "kept " in capsys.readouterr().out


def test_downloads_that_cannot_be_deleted_are_one_sentence(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (weights_folder() / "downloads" / "0.pth").mkdir(parents=True)  # no file, so it stays
    assert run("remove", "conr") == 1
    assert "cannot delete the downloads in" in caplog.text


def test_removing_nothing_is_one_sentence(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert run("remove", "conr") == 1
    assert "nothing to remove" in caplog.text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_written_over_on_a_terminal() -> None:
    stream = Terminal()
    line = ProgressLine("file 1 of 4", stream)
    line.show(1_000_000, 4_000_000)
    line.show(4_000_000, 4_000_000)
    line.close()
    assert stream.getvalue().split("\r")[1] == "file 1 of 4  1.0 of 4.0 MB (25%)\x1b[K"
    assert stream.getvalue().endswith("(100%)\x1b[K\n")
    assert stream.getvalue().count("\n") == 1


def test_progress_takes_a_few_lines_where_nothing_can_be_written_over() -> None:
    stream = io.StringIO()
    line = ProgressLine("file", stream)
    for done in range(1, 1001):
        line.show(done * 1000, 1_000_000)
    line.close()
    assert [text.split("(")[1] for text in stream.getvalue().splitlines()] == [
        "25%)",
        "50%)",
        "75%)",
        "100%)",
    ]


def test_progress_of_unknown_size_shows_what_came() -> None:
    stream = Terminal()
    ProgressLine("file", stream).show(2_500_000, None)
    assert "file  2.5 MB" in stream.getvalue()
