"""The authors' public links to the CoNR weights, fetched into one folder."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from avatar_app.commands.google_drive import DriveSite, browser_link, fetch_shared_file
from avatar_app.commands.progress_line import ProgressLine
from avatar_app.commands.web_request import DownloadError
from avatar_app.errors import OutputError

if TYPE_CHECKING:
    from renderer.conr.config import ConrConfig
    from renderer.conr.weights.checkpoints import Shapes

# As printed in the authors' README, which does not say which one is which file.
CONR_FILE_IDS = (
    "1M1LEpx70tJ72AIV2TQKr6NE_7mJ7tLYx",
    "1YvZy3NHkJ6gC3pq_j8agcbEJymHCwJy0",
    "1AOWZxBvTo9nUf2_9Y7Xe27ZFQuPrnx9i",
    "19jM1-GcqgGoE1bjmQycQw_vqD9C5e-Jm",
)
BYTES_PER_NUMBER = 4
OVERHEAD_BYTES = 4 << 20  # of names and padding around the numbers; less than 0.2 MB is usual


def fetch_conr(
    folder: Path,
    *,
    config: "ConrConfig | None" = None,
    site: DriveSite | None = None,
    file_ids: Sequence[str] = CONR_FILE_IDS,
) -> None:
    """Download what is not in the folder yet; each file is recognised by what is in it.

    Args:
        folder: Created where missing; ends up with one ``.pth`` file per id.
        config: Size of the networks that are expected; None for the published one.
        site: Google Drive, or what stands for it.
        file_ids: Of the four files, in any order.

    Raises:
        DownloadError: A link does not answer, or leads to something else.
        WeightsError: A file is broken or harmful.
        OutputError: The folder cannot be written.
    """
    from renderer.conr.config import ConrConfig
    from renderer.conr.networks import expected_shapes

    expected = expected_shapes(config or ConrConfig())
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot write {folder}: {error.strerror}") from error
    for number, file_id in enumerate(file_ids, start=1):
        target = folder / f"{file_id}.pth"
        what = f"file {number} of {len(file_ids)}"
        if not target.is_file():
            line = ProgressLine(what)
            try:
                fetch_shared_file(
                    file_id,
                    target,
                    site=site or DriveSite(),
                    accepts_size=_size_check(expected),
                    progress=line.show,
                )
            finally:
                line.close()
        print(f"{what} is {_recognised(target, expected, file_id)}", flush=True)


def _size_check(expected: Mapping[str, "Shapes"]) -> Callable[[int], bool]:
    """Return a test whether a file of some size can be one of the networks."""
    least = [
        BYTES_PER_NUMBER * sum(prod(shape) for shape in shapes.values())
        for shapes in expected.values()
    ]
    return lambda size: any(low <= size <= low + OVERHEAD_BYTES for low in least)


def _recognised(path: Path, expected: Mapping[str, "Shapes"], file_id: str) -> str:
    """Return which network a file holds; a file that is none of them is deleted."""
    from renderer.conr.weights.checkpoint_file import read_checkpoint
    from renderer.conr.weights.checkpoints import recognise
    from renderer.errors import WeightsError

    try:
        official = recognise(read_checkpoint(path).shapes, expected)
    except WeightsError:
        path.unlink(missing_ok=True)
        raise
    if official is None:
        path.unlink(missing_ok=True)
        raise DownloadError(
            f"{browser_link(file_id)} is none of the four networks of CoNR; it was thrown away"
        )
    return official
