from pathlib import Path

import pytest

from avatar_app.engine.config import SourceConfig
from avatar_app.engine.keypoint_address import KeypointAddress, parse_keypoint_address
from avatar_app.errors import SourceError


def test_rate_and_size_follow_the_folder(tmp_path: Path) -> None:
    plain = parse_keypoint_address(f"openpose:{tmp_path}")
    full = parse_keypoint_address(f"openpose:{tmp_path}?fps=24.5&size=1280x720")

    assert plain == KeypointAddress(tmp_path, 30.0, None)
    assert full == KeypointAddress(tmp_path, 24.5, (1280, 720))


def test_a_folder_may_have_a_question_mark_in_its_name(tmp_path: Path) -> None:
    folder = tmp_path / "who?"
    folder.mkdir()

    assert parse_keypoint_address(f"openpose:{folder}").folder == folder
    assert parse_keypoint_address(f"openpose:{folder}?fps=25").fps == 25.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("?fps=0", "unexpected fps"),
        ("?fps=nan", "unexpected fps"),
        ("?fps=fast", "unexpected fps"),
        ("?size=1280", "unexpected size"),
        ("?size=-5x5", "unexpected size"),
        ("?size=9999999x9", "unexpected size"),
        ("?rate=30", "option not understood: 'rate=30'"),
    ],
)
def test_options_that_make_no_sense_are_refused(tmp_path: Path, options: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        parse_keypoint_address(f"openpose:{tmp_path}{options}")


@pytest.mark.parametrize("address", ["openpose:", "openpose:/nowhere/at/all", "openpose:x?fps=25"])
def test_a_missing_folder_is_refused_with_what_to_give(address: str) -> None:
    with pytest.raises(SourceError, match="give openpose:FOLDER"):
        parse_keypoint_address(address)


def test_a_source_knows_that_it_is_one_of_keypoints() -> None:
    assert SourceConfig("openpose:dance").is_keypoints
    assert not SourceConfig("openpose:dance").is_clip
    assert not SourceConfig("dance.mp4").is_keypoints
