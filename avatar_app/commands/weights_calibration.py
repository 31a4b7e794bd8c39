"""``weights calibrate``: fit the landmark convention to an official sequence, say how well."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.paths import find_avatar, weights_folder

if TYPE_CHECKING:
    from renderer.conr.landmarks.calibration import Calibration
    from renderer.conr.landmarks.calibration_verdict import Verdict
    from renderer.conr.landmarks.landmark_convention import LandmarkConvention
    from udp_live.types import UdpMap

MAX_FRAMES = 48  # spread over the sequence; more show nothing new
AXIS_NAMES = ("x (our left)", "y (up)", "z (front)")


def calibrate(sequence: Path, avatar: str, *, write: bool) -> int:
    """Fit, print what was found, and keep it where asked to; 1 where it should not be trusted.

    Raises:
        UdpFileError: The sequence cannot be read.
        WeightsError: It shows no figure, or the result cannot be written.
    """
    from renderer.conr.landmarks.calibration import calibrate as fit
    from renderer.conr.landmarks.calibration_verdict import judge, looks_like_a_figure
    from renderer.conr.landmarks.convention_file import write_convention
    from renderer.conr.landmarks.surface_cloud import rig_cloud, sequence_cloud
    from renderer.sheet.avatar_file import load_avatar

    theirs = sequence_cloud(_frames(sequence))
    ours = rig_cloud(load_avatar(find_avatar(avatar)).rig)
    calibration = fit(theirs, ours)
    verdict = judge(calibration, theirs, ours)
    _print(calibration, verdict)
    if not looks_like_a_figure(calibration):
        print("nothing was kept: the fit is not to be trusted")
        return 1
    if write:
        print(f"wrote {write_convention(weights_folder(), verdict.convention)}")
    else:
        print("nothing was kept; add --write to use this from now on")
    return 0


def _frames(sequence: Path) -> "Iterator[UdpMap]":
    """Read frames spread over a folder of UDP files, or one file."""
    from udp_live.udp_files import open_udp_folder, read_udp

    if sequence.is_file():
        yield read_udp(sequence)
        return
    folder = open_udp_folder(sequence)
    step = max(1, -(-len(folder) // MAX_FRAMES))
    for index in range(0, len(folder), step):
        yield folder.read(index)


def _print(calibration: "Calibration", verdict: "Verdict") -> None:
    _print_map("fitted map", calibration.fit.convention())
    print(
        f"residual {calibration.fit.residual:.4f} landmark units (same figure 0.02, another body "
        f"0.03 to 0.04), normals agree {calibration.agreement:.2f}, the next best axes "
        f"{calibration.lead:.2f} times as far"
    )
    print(f"seen {calibration.seen:.0%} of the surface, {calibration.back_seen:.0%} of its back")
    for candidate in verdict.misfits:
        told = f"misfit {candidate.misfit:.2f}, up to 1 it explains the sequence"
        ruled_out = candidate.misfit == math.inf
        print(f"candidate {candidate.name:3} {'ruled out' if ruled_out else told}")
    for warning in verdict.warnings:
        print(f"warning: {warning}")
    if verdict.convention.name == calibration.fit.convention().name:
        print("result: the fitted map; no candidate explains the sequence")
    else:
        _print_map("result: candidate " + verdict.convention.name, verdict.convention)


def _print_map(title: str, convention: "LandmarkConvention") -> None:
    print(f"{title} (their axis = offset + scale * ours):")
    for letter, axis, scale, offset in zip(
        "xyz", convention.axes, convention.scale, convention.offset, strict=True
    ):
        print(f"  {letter} = {offset:+.3f} {scale:+.3f} * {AXIS_NAMES[axis]}")
