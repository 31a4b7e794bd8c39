from pathlib import Path

import pytest

from avatar_app.errors import OutputError, UsageError
from avatar_app.rendering.render_job import RenderJob, job_folder

INPUTS = {"source": "sha256:aa", "size": "512"}


def open_job(folder: Path, inputs: dict[str, str] = INPUTS, *, restart: bool = False) -> RenderJob:
    return RenderJob(folder / "out.mp4", inputs, is_folder=False, restart=restart)


def leave_something(folder: Path) -> Path:
    """Begin a job and stop it with a segment done."""
    with open_job(folder) as job:
        left = job.folder / "segment_000000.mp4"
        left.write_bytes(b"done")
    return left


def test_what_was_done_is_found_again_with_the_same_inputs(tmp_path: Path) -> None:
    left = leave_something(tmp_path)
    with open_job(tmp_path) as job:
        assert job.is_resumed
        assert left.is_file()


def test_other_settings_are_refused_and_named(tmp_path: Path) -> None:
    leave_something(tmp_path)
    with pytest.raises(UsageError, match=r"begun with size 512; .*--restart"):
        open_job(tmp_path, {**INPUTS, "size": "256"})


def test_another_content_is_named_without_its_digest(tmp_path: Path) -> None:
    leave_something(tmp_path)
    with pytest.raises(UsageError, match=r"begun with another source;"):
        open_job(tmp_path, {**INPUTS, "source": "sha256:bb"})


def test_restart_forgets_what_was_done(tmp_path: Path) -> None:
    left = leave_something(tmp_path)
    with open_job(tmp_path, {**INPUTS, "size": "256"}, restart=True) as job:
        assert not job.is_resumed
        assert not left.exists()


@pytest.mark.parametrize("record", [b"", b"{", b"[]", b'{"format": "other"}', b"\xff" * 100])
def test_a_damaged_record_means_beginning_anew(tmp_path: Path, record: bytes) -> None:
    left = leave_something(tmp_path)
    (left.parent / "job.json").write_bytes(record)
    with open_job(tmp_path) as job:
        assert not job.is_resumed
        assert not left.exists()


def test_two_renders_of_one_output_are_refused(tmp_path: Path) -> None:
    with open_job(tmp_path), pytest.raises(OutputError, match="another render works on"):
        open_job(tmp_path)
    open_job(tmp_path).close()


def test_a_finished_job_leaves_nothing(tmp_path: Path) -> None:
    leave_something(tmp_path)
    with open_job(tmp_path) as job:
        job.finish()
    assert list(tmp_path.iterdir()) == []


def test_a_job_that_did_nothing_leaves_nothing(tmp_path: Path) -> None:
    open_job(tmp_path).close()
    assert list(tmp_path.iterdir()) == []


def test_a_finished_folder_remembers_what_its_pictures_were_painted_from(tmp_path: Path) -> None:
    with RenderJob(tmp_path / "out", INPUTS, is_folder=True, restart=False) as job:
        (tmp_path / "out" / "0001.png").write_bytes(b"picture")
        job.finish()
    with pytest.raises(UsageError, match="size 512"):
        RenderJob(tmp_path / "out", {**INPUTS, "size": "64"}, is_folder=True, restart=False)


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match="cannot write"):
        open_job(tmp_path / "file")


def test_the_folder_lies_beside_a_film_and_inside_a_folder(tmp_path: Path) -> None:
    assert job_folder(tmp_path / "a.mp4", is_folder=False) == tmp_path / ".a.mp4.render"
    assert job_folder(tmp_path / "a", is_folder=True) == tmp_path / "a" / ".render"
