"""Detect the Ultra-Dense Pose (UDP) of drawings with CoNR's own network."""

import argparse
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avatar_app.commands.live_options import DEVICES
from avatar_app.errors import SourceError, UsageError
from avatar_app.paths import weights_folder
from renderer.errors import SheetError

if TYPE_CHECKING:
    from avatar_app.commands.detection_input import DetectionInput, NamedPicture
    from avatar_app.commands.detection_record import DetectionRecord
    from renderer.conr.landmarks.landmark_convention import LandmarkConvention
    from renderer.conr.udp_detector import UdpDetector
    from renderer.sheet.colour_key import Colour

logger = logging.getLogger(__name__)

CONR, CANONICAL = "conr", "canonical"
FORMATS = ("npz", "exr")
KEY_PATTERN = re.compile(r"#[0-9a-fA-F]{6}")
DEFAULT_FPS = 30.0  # noted beside drawings, which have no rate
FAILED = 1


def add_parser(subparsers: Any) -> None:
    """Add the sub-command."""
    parser = subparsers.add_parser(
        "detect-udp", help="detect the UDP of drawings (CoNR weights)", description=__doc__
    )
    add = parser.add_argument
    add(
        "input",
        type=Path,
        metavar="IMAGE|FOLDER|VIDEO",
        help="figures on a transparent background: PNG, WebP, WebM with alpha ...",
    )
    add("--output", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    add("--overwrite", action="store_true", help="replace what was detected before")
    add("--ply", type=Path, metavar="FILE.ply", help="write all that was seen as a point cloud")
    add("--picture", type=Path, metavar="FILE.png", help="show each UDP beside its drawing")
    add("--format", choices=FORMATS, default="npz", help="CoNR's npz (array i), or EXR")
    add(
        "--landmarks",
        choices=(CONR, CANONICAL),
        default=CONR,
        help="as the network gives them, with a soft mask (default), or this app's own",
    )
    add("--key", metavar="'#RRGGBB'", help="cut out a plain background of this colour first")
    add("--size", type=int, default=512, help="side at which the network looks, pixels")
    add("--device", choices=DEVICES, default="auto", help="where the network runs")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Detect each picture; those that cannot be used are named, and the rest goes on."""
    from avatar_app.commands.detection_input import open_input
    from avatar_app.commands.detection_record import DetectionOutput, DetectionRecord
    from avatar_app.rendering.landmark_choice import written_name
    from udp_live.udp_files import SequenceNotes

    key = _check(arguments)
    convention = _read_convention(arguments)
    found = open_input(arguments.input.expanduser(), key)
    output = DetectionOutput(
        arguments.output.expanduser(),
        f".{arguments.format}",
        arguments.ply,
        arguments.picture,
        arguments.overwrite,
    )
    notes = SequenceNotes(
        found.fps or DEFAULT_FPS,
        written_name(arguments.landmarks),
        source=arguments.input.name,
    )
    record = DetectionRecord(output, convention, notes, is_film=found.fps is not None)
    failed = _detect_all(_open_detector(arguments), found, record)
    if not record.count:
        raise SourceError(
            f"no UDP was detected in {arguments.input}; "
            "a plain background can be cut out by its colour with --key '#ffffff'"
        )
    record.finish()
    print(f"wrote {record.count} UDP files into {arguments.output}{_beside(arguments)}")
    return FAILED if failed else 0


def _check(arguments: argparse.Namespace) -> "Colour | None":
    """Refuse what is not understood; returns the colour to cut out."""
    from renderer.conr.udp_detector import MAX_SIZE, MIN_SIZE, SIZE_STEP

    if arguments.size % SIZE_STEP or not MIN_SIZE <= arguments.size <= MAX_SIZE:
        raise UsageError(
            f"unexpected size: {arguments.size}; give a multiple of {SIZE_STEP} "
            f"from {MIN_SIZE} to {MAX_SIZE}"
        )
    for path, suffix in ((arguments.ply, ".ply"), (arguments.picture, ".png")):
        if path is not None and path.suffix.lower() != suffix:
            raise UsageError(f"output not understood: '{path}'; give a {suffix} file")
    if arguments.key is None:
        return None
    if not KEY_PATTERN.fullmatch(arguments.key):
        raise UsageError(f"key not understood: '{arguments.key}'; give a colour like '#00ff00'")
    red, green, blue = bytes.fromhex(arguments.key[1:])
    return red, green, blue


def _read_convention(arguments: argparse.Namespace) -> "LandmarkConvention | None":
    """Return the map between the network's landmarks and ours, None where it is not needed."""
    from renderer.conr.landmarks.convention_file import convention_name, read_convention

    if arguments.landmarks == CONR and arguments.ply is None:
        return None
    folder = weights_folder()
    try:
        return read_convention(folder)
    except ValueError as error:
        raise UsageError(
            f"the landmark convention {convention_name(folder)} depends on the figure, which is "
            "unknown here; calibrate the weights, or leave --ply and --landmarks canonical out"
        ) from error


def _open_detector(arguments: argparse.Namespace) -> "UdpDetector":
    from renderer.conr.udp_detector import UdpDetector
    from renderer.conr.weights.weights_file import WEIGHTS_NAME, load_networks
    from renderer.engines.torch_device import pick_device

    device = pick_device(None if arguments.device == "auto" else arguments.device)
    networks = load_networks(weights_folder() / WEIGHTS_NAME)
    return UdpDetector(networks, device, arguments.size)


def _detect_all(detector: "UdpDetector", found: "DetectionInput", record: "DetectionRecord") -> int:
    """Return how many pictures could not be used."""
    from avatar_app.commands.progress_bar import ProgressBar

    failed, bar = 0, ProgressBar()
    if found.count != 1:
        bar.begin("detecting", found.count)
    try:
        for picture in found.pictures:
            failed += not _detect(detector, picture, record, is_frame=found.fps is not None)
            if found.count != 1:
                bar.advance()
    finally:
        bar.close()
    return failed


def _detect(
    detector: "UdpDetector", picture: "NamedPicture", record: "DetectionRecord", *, is_frame: bool
) -> bool:
    """Detect one picture; False where it cannot be used.

    Raises:
        SheetError: It is a frame, so that the others are most likely of no use either.
    """
    from renderer.conr.udp_detector import shows_nobody

    try:
        image = picture.read()
        if is_frame and shows_nobody(image):  # an empty map keeps the frames' numbers in step
            record.add_empty(picture.name, image)
        else:
            record.add(picture.name, image, detector.detect(image, soft=True))
    except SheetError as error:
        if is_frame:
            raise SheetError(f"frame {picture.name}: {error}") from error
        logger.error("%s: %s", picture.name, error)
        return False
    return True


def _beside(arguments: argparse.Namespace) -> str:
    others = [str(path) for path in (arguments.ply, arguments.picture) if path is not None]
    return f", and {', '.join(others)}" if others else ""
