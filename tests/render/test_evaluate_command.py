"""``evaluate --set``: sheets of a rig file, painted and measured, as table, JSON and picture."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import moderngl
import numpy as np
import pytest
import torch

from avatar_app.commands.cli import parse_arguments, run_command
from avatar_app.commands.evaluate_rigs import rig_names
from avatar_app.default_avatar.vrm_writer import write_vrm
from renderer.engines import open_decoder
from renderer.evaluation import evaluate
from renderer.evaluation.plain_lookup import PlainLookup
from renderer.evaluation.trial import Trial, TrialOptions
from renderer.training.wrong_landmarks import NOISY
from renderer.types import InkStyle
from tests.fakes.lpips_files import write_lpips_files
from tests.fakes.tiny_rig import tiny_rig
from udp_live.errors import GlContextError
from udp_live.rasterizer.gl_context import open_context
from udp_live.types import UdpMap

# Clips take most of the time.
SMALL = (
    *("--size", "64", "--sheet-size", "160", "--poses", "3", "--clips", "0", "--device", "cpu"),
)
KEYS = {"figure_psnr", "figure_l1", "image_l1", "figure_ssim", "alpha_iou", "flicker"}
OPTIONS = TrialOptions(views=4, size_px=64, sheet_size_px=192)


@pytest.fixture
def rig_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny rig in a folder of its own; nothing of the user's is read or written."""
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    folder = tmp_path / "box"
    folder.mkdir()
    write_vrm(tiny_rig(), folder / "tiny.vrm")
    return folder / "tiny.vrm"


@pytest.fixture
def gl() -> None:
    """OpenGL works here; the command opens a context of its own."""
    try:
        open_context().release()
    except GlContextError as error:
        pytest.skip(str(error))


@pytest.fixture
def trial(context: moderngl.Context) -> Iterator[Trial]:
    made = Trial(context, tiny_rig(), OPTIONS)
    yield made
    made.close()


def run(*argv: object) -> int:
    arguments = parse_arguments(["evaluate", *(str(word) for word in argv)])
    arguments.gl_backend = None
    return run_command(arguments)


def report(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_a_rig_is_measured_and_reported(
    gl: None, rig_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file, picture = rig_file.parent / "out.json", rig_file.parent / "sub" / "out.png"
    options = (*SMALL, "--decoder", "lookup", "--clips", "1", "--json", json_file)
    assert run("--rig", rig_file, *options, "--picture", picture) == 0
    found = report(json_file)
    assert (found["decoder"], found["set"], found["views"]) == ("lookup", "exact", 4)
    assert set(found["identities"]) == {"box/tiny"}
    assert set(found["means"]) >= KEYS
    assert found["identities"]["box/tiny"] == found["means"]
    assert found["means"]["figure_psnr"] > 20
    assert found["means"]["pictures"] == 3
    table = capsys.readouterr().out
    assert "box/tiny" in table
    assert "mean" in table
    shown = cv2.imread(str(picture))
    assert shown.shape[1] == 5 * 512  # drawings, target, plain, lookup, error
    assert shown.shape[0] == 3 * (512 + 26)  # full, bust, face; a caption above each
    assert len(np.unique(shown)) > 20


def test_wrong_landmarks_cost_quality(gl: None, rig_file: Path) -> None:
    figures = {}
    for name in ("exact", "twice-noisy"):
        json_file = rig_file.parent / f"{name}.json"
        options = ("--set", name, "--decoder", "plain", "--json", json_file, *SMALL)
        assert run("--rig", rig_file, *options) == 0
        figures[name] = report(json_file)["means"]
    assert figures["exact"]["figure_psnr"] > figures["twice-noisy"]["figure_psnr"] + 2
    assert figures["exact"]["alpha_iou"] > figures["twice-noisy"]["alpha_iou"]


def test_views_are_compared_in_the_shape_of_the_papers_table(
    gl: None, rig_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file = rig_file.parent / "views.json"
    options = ("--set", "views", "--decoder", "lookup", "--json", json_file, *SMALL)
    assert run("--rig", rig_file, *options) == 0
    found = report(json_file)
    assert set(found["by_views"]) == {"1", "2", "4", "8"}
    assert found["means"] == found["by_views"]["4"]["means"]
    errors = [found["by_views"][count]["means"]["figure_l1"] for count in ("1", "8")]
    assert errors[0] > errors[1]
    table = capsys.readouterr().out.splitlines()
    heads = [line.split() for line in table if line.startswith("photo L1")]
    assert heads == [["photo", "L1,", "drawings", "1", "2", "4", "8"]]


def test_flat_colours_without_outlines_are_easier(gl: None, rig_file: Path) -> None:
    found = []
    for conditions in ((), ("--unlit", "--no-ink", "--without-expressions")):
        json_file = rig_file.parent / f"{len(found)}.json"
        options = ("--decoder", "lookup", "--json", json_file, *conditions, *SMALL)
        assert run("--rig", rig_file, *options) == 0
        found.append(report(json_file))
    assert [(one["unlit"], one["ink"], one["expressions"]) for one in found] == [
        (False, True, True),
        (True, False, False),
    ]
    assert found[1]["means"]["figure_psnr"] > found[0]["means"]["figure_psnr"] + 1


def test_without_light_only_the_textures_colours_are_drawn(context: moderngl.Context) -> None:
    shown = {}
    for lit in (True, False):
        options = replace(OPTIONS, views=1, ink=InkStyle(width=0.0), lit=lit)
        made = Trial(context, tiny_rig(), options)
        front = made.sheet.views[0].image
        shown[lit] = len(np.unique(front[front[..., 3] == 255][:, :3], axis=0))
        made.close()
    assert shown[False] < shown[True]


def test_without_clips_nothing_is_said_of_flicker(gl: None, rig_file: Path) -> None:
    json_file = rig_file.parent / "still.json"
    options = (*SMALL, "--decoder", "lookup", "--clips", "0", "--json", json_file)
    assert run("--rig", rig_file, *options, "--poses", "1") == 0
    assert "flicker" not in report(json_file)["means"]


def test_lpips_is_measured_where_its_weights_are(
    gl: None, rig_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    json_file, folder = rig_file.parent / "seen.json", rig_file.parent / "lpips"
    options = (*SMALL, "--decoder", "lookup", "--lpips", folder, "--json", json_file)
    assert run("--rig", rig_file, *options) == 1
    assert "weights of LPIPS not found" in caplog.text
    folder.mkdir()
    write_lpips_files(folder)
    assert run("--rig", rig_file, *options) == 0
    assert report(json_file)["means"]["lpips"] > 0


def test_ablations_stand_below_the_decoder(
    gl: None, rig_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file = rig_file.parent / "ablations.json"
    options = ("--decoder", "lookup", "--ablations", "--json", json_file, *SMALL)
    assert run("--rig", rig_file, *options) == 0
    found = report(json_file)
    assert set(found["ablations"]) == {"without-warping", "without-messages"}
    unwarped = found["ablations"]["without-warping"]["4"]["means"]
    assert unwarped["image_l1"] > 1.5 * found["means"]["image_l1"]
    lines = capsys.readouterr().out.splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("photo L1"))
    names = [line.split()[0] for line in lines[start + 1 : start + 4]]
    assert names == ["lookup", "without-warping", "without-messages"]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--set", "proxy"), "needs an annotator of drawings"),
        (("--rig", "gone.vrm"), "rig not found: gone.vrm"),
        (("--views", "3"), "--views goes with --set or --rig"),
        (("--clips", "0"), "--clips goes with --set or --rig"),
        (("--set", "exact", "--clips", "-1"), "--clips must be 0 to 1000, not -1"),
        (("--unlit",), "--unlit goes with --set or --rig"),
        (("--without-expressions",), "--without-expressions goes with --set or --rig"),
        (("--picture", "a.png"), "--picture goes with --set or --rig"),
        (("--set", "views", "--views", "3"), "leave --views out"),
        (("--set", "noisy", "--views", "22"), "--views must be 1 to 21, not 22"),
        (("--set", "noisy", "--size", "9"), "--size must be 64 to 2048, not 9"),
        (("--set", "noisy", "--poses", "0"), "--poses must be 1 to 10000, not 0"),
        (("--set", "noisy", "--seed", "-1"), "--seed must be 0 to"),
        (("--set", "noisy", "--sheet-size", "1"), "--sheet-size must be 64 to 4096, not 1"),
        (("--set", "noisy", "--avatar", "nobody"), "avatar not found: nobody"),
        (("--set", "exact", "--pictures", "x"), "--pictures goes with --avatar alone"),
    ],
)
def test_a_wrong_value_is_one_sentence(
    gl: None, options: tuple[str, ...], sentence: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert run(*options) == 2
    assert sentence in caplog.text


def test_avatar_and_rig_exclude_each_other(
    rig_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert run("--rig", rig_file, "--avatar", "yuzu") == 2
    assert "either --avatar or --rig" in caplog.text


def test_a_broken_rig_is_one_sentence(
    gl: None, rig_file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig_file.write_bytes(b"no model")
    assert run("--rig", rig_file, *SMALL) == 1
    assert "tiny.vrm" in caplog.text


def test_files_of_one_name_keep_their_paths(tmp_path: Path) -> None:
    one, other = tmp_path / "a" / "box" / "x.glb", tmp_path / "b" / "box" / "x.glb"
    assert rig_names([one, one]) == {"box/x": one}
    assert rig_names([one, other]) == {str(one): one, str(other): other}


def test_a_trial_shows_every_decoder_the_same(context: moderngl.Context, trial: Trial) -> None:
    decoder = open_decoder("lookup", "cpu")
    first = trial.run(trial.contest(decoder), 2, 2)
    again = Trial(context, tiny_rig(), OPTIONS)
    second = again.run(again.contest(decoder), 2, 2)
    again.close()
    assert [c.score.figure_psnr for c in first.comparisons] == [
        c.score.figure_psnr for c in second.comparisons
    ]
    assert first.flickers == second.flickers
    assert len(first.flickers) == 2 * 4


def test_each_draw_of_a_noisy_sheet_is_wrong_in_its_own_way(context: moderngl.Context) -> None:
    options = TrialOptions(wrongness=NOISY, views=2, size_px=64, sheet_size_px=128)
    sheets = []
    for draw in (0, 0, 1):
        made = Trial(context, tiny_rig(), options, draw)
        sheets.append(made.sheet.views)
        made.close()
    for first, same, other in zip(*sheets, strict=True):
        np.testing.assert_array_equal(first.udp, same.udp)
        assert first.udp.shape != other.udp.shape or not np.array_equal(first.udp, other.udp)


def test_the_plain_look_up_copies_paint_with_hard_edges(trial: Trial) -> None:
    decoder = PlainLookup(torch.device("cpu"))
    contest = trial.contest(decoder)
    scores = []
    for comparison in evaluate(contest, trial.cases(4)):
        scores.append(comparison.score.figure_psnr)
        assert set(np.unique(comparison.painted[..., 3])) == {0, 255}
        figure = comparison.painted[comparison.painted[..., 3] > 0]
        assert np.all(figure[:, :3].any(1))  # from afar, rather than nothing
    assert np.mean(scores) > 17
    empty = UdpMap(np.zeros((64, 64, 4), np.float32))
    assert not decoder.decode(contest.encoding, empty, {}, 2).any()
