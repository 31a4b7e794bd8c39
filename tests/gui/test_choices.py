"""What the pickers offer."""

from pathlib import Path

from avatar_app.gui.choices import (
    avatar_choices,
    avatar_name,
    first_source,
    is_listed,
    output_choices,
    source_choices,
    unused_path,
)


def test_sources_are_webcams_by_name_the_last_video_and_the_demo() -> None:
    choices = source_choices([("webcam:0", "Front")], "/videos/dance.mp4")
    assert [choice.label for choice in choices] == ["Front", "dance.mp4", "Hello, the demo"]


def test_a_webcam_that_is_not_listed_stays_on_offer_while_it_is_chosen() -> None:
    assert source_choices([], "webcam:1")[0].label == "Webcam 1"


def test_the_first_source_is_a_webcam_else_the_demo() -> None:
    assert first_source([("webcam:2", "Card"), ("webcam:3", "Other")]) == "webcam:2"
    assert first_source([]) == "clip:hello"


def test_a_webcam_is_known_by_number_or_by_a_part_of_its_name() -> None:
    webcams = [("webcam:0", "Front Webcam"), ("webcam:2", "Card 4")]
    assert is_listed("webcam:2", webcams)
    assert is_listed("webcam:front", webcams)
    assert not is_listed("webcam:4", webcams)
    assert not is_listed("webcam:other", webcams)


def test_avatars_are_the_folders_that_say_so(tmp_path: Path) -> None:
    (tmp_path / "mikan").mkdir()
    (tmp_path / "mikan" / "avatar.toml").write_text('[avatar]\nname = "Mikan"\n', encoding="utf-8")
    (tmp_path / "notes").mkdir()
    (tmp_path / "sudachi.kigurumi").write_bytes(b"")
    choices = avatar_choices([tmp_path, tmp_path / "missing"], None)
    assert [choice.label for choice in choices] == ["Mikan", "Sudachi"]


def test_a_chosen_avatar_from_elsewhere_is_listed(tmp_path: Path) -> None:
    assert avatar_choices([], tmp_path / "my_fox")[0].label == "My fox"


def test_a_broken_avatar_file_costs_only_its_name(tmp_path: Path) -> None:
    (tmp_path / "avatar.toml").write_text("name = [", encoding="utf-8")
    assert avatar_name(tmp_path) == avatar_name(Path("/x") / tmp_path.name)


def test_the_last_recording_stays_on_offer() -> None:
    assert [choice.label for choice in output_choices("")] == ["Preview only", "Virtual camera"]
    assert output_choices("/videos/a.webm")[-1].label == "a.webm"
    assert output_choices("/videos/frames/")[-1].label == "frames/"


def test_an_empty_folder_is_used_and_a_full_one_is_not(tmp_path: Path) -> None:
    wanted = f"{tmp_path / 'frames'}/"
    assert unused_path(wanted) == wanted
    (tmp_path / "frames").mkdir()
    assert unused_path(wanted) == wanted
    (tmp_path / "frames" / "000000.png").write_bytes(b"")
    assert unused_path(wanted) == f"{tmp_path / 'frames-2'}/"
