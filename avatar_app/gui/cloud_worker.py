"""The work behind the point-cloud window, on a thread of its own: load, draw, save."""

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QThreadPool, QTimer, Signal

from avatar_app.gui.cloud_picture import CloudScene, Colour, draw_points, make_scene
from avatar_app.gui.cloud_view import CloudView
from renderer.errors import RendererError
from udp_live.errors import UdpLiveError

if TYPE_CHECKING:
    from renderer.sheet.point_cloud import PointCloud

logger = logging.getLogger(__name__)

EXPECTED_ERRORS = (RendererError, UdpLiveError, OSError, ValueError, MemoryError)
MAX_DRAWN = 300_000  # points; more show nothing more
COARSER = 1.45  # distance between points from one level of detail to the next
LEVELS = 3
SLOW_S, FAST_S = 1 / 25, 1 / 70  # a moving cloud's picture, before detail is lost or gained
SPARING_S = 0.1  # between two pictures while the live avatar needs the processor
WAIT_MS = 20_000


@dataclass(frozen=True, slots=True)
class LoadedCloud:
    """An avatar's points.

    Attributes:
        avatar: The path they were asked for with.
        cloud: All of them.
        drawings: From how many drawings they are.
        scenes: Ready for drawing, fine to coarse; none when there are no points.
    """

    avatar: Path
    cloud: "PointCloud"
    drawings: int
    scenes: tuple[CloudScene, ...]


@dataclass(frozen=True, slots=True)
class PictureRequest:
    """What to draw: ``scenes`` are fine to coarse, ``is_fine`` takes its time and the first."""

    scenes: tuple[CloudScene, ...]
    view: CloudView
    size: tuple[int, int]
    fog: Colour
    is_fine: bool


class LoadCancelledError(Exception):
    """Nobody waits for the points any more."""


IsCancelled = Callable[[], bool]


def load_cloud(avatar: Path, is_cancelled: IsCancelled = lambda: False) -> LoadedCloud:
    """Gather the points of an avatar's sheet; takes seconds, for a huge one half a minute.

    Args:
        avatar: Folder or packed file.
        is_cancelled: Asked before each drawing.

    Raises:
        AvatarFileError: The avatar is missing or broken.
        SheetError: A drawing or its UDP is.
        LoadCancelledError: ``is_cancelled`` said so.
    """
    from renderer.sheet.avatar_archive import opened_avatar
    from renderer.sheet.avatar_file import load_sheet
    from renderer.sheet.point_cloud import SPACING, gather_points, gathered_views, merge_clouds

    with opened_avatar(avatar) as folder:
        sheet = load_sheet(folder)
    clouds = []
    for view in gathered_views(sheet.views):
        if is_cancelled():
            raise LoadCancelledError
        clouds.append(gather_points([view], sheet.ink))
    cloud = merge_clouds(clouds)
    return LoadedCloud(avatar, cloud, len(clouds), make_levels(cloud, SPACING))


def make_levels(cloud: "PointCloud", spacing: float) -> tuple[CloudScene, ...]:
    """Make scenes of a cloud, fine to coarse, with one centre.

    Args:
        cloud: Any number of points.
        spacing: Distance between neighbouring points.
    """
    from renderer.sheet.point_cloud import PointCloud, thin_out

    while len(cloud) > MAX_DRAWN:
        spacing *= COARSER
        cloud = thin_out(cloud, spacing)
    if not len(cloud):
        return ()
    scenes = [make_scene(cloud.positions, cloud.colours, spacing)]
    level = PointCloud(scenes[0].positions, cloud.colours)
    for _ in range(LEVELS - 1):
        spacing *= COARSER
        level = thin_out(level, spacing)
        colours = np.ascontiguousarray(level.colours.T, np.float32)
        scenes.append(
            replace(scenes[0], positions=level.positions, colours=colours, spacing=spacing)
        )
    return tuple(scenes)


class CloudWorker(QObject):
    """Do one thing after another in the background; of pictures only the newest is drawn.

    Signals:
        loaded(LoadedCloud): An avatar's points are there.
        failed(Path, str): An avatar could not be loaded, and why.
        drawn(CloudPicture): The picture that was asked for.
        saved(str): A file is written, or why it is not: one sentence.
    """

    loaded = Signal(object)
    failed = Signal(object, str)
    drawn = Signal(object)
    saved = Signal(str)
    _finished = Signal()

    def __init__(
        self,
        load: Callable[[Path, IsCancelled], LoadedCloud] = load_cloud,
        parent: QObject | None = None,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._load, self._clock_s = load, clock_s
        self._files = self._pool()
        self._pictures = self._pool()
        self._newest: Path | None = None
        self._wanted: PictureRequest | None = None
        self._is_drawing = False
        self._level = 0
        self._is_sparing = False
        self._begun_s = -math.inf
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.timeout.connect(self._draw_next)
        self._finished.connect(self._draw_next)

    @property
    def is_idle(self) -> bool:
        """True when nothing is under way on the threads."""
        return not any(pool.activeThreadCount() for pool in (self._files, self._pictures))

    def load(self, avatar: Path) -> None:
        """Begin to load an avatar's points; an older avatar's are given up."""
        self._newest = avatar
        self._files.start(lambda: self._load_now(avatar))

    def save(self, loaded: LoadedCloud, path: Path) -> None:
        """Begin to write a PLY file."""
        self._files.start(lambda: self._save_now(loaded, path))

    def spare(self, is_sparing: bool) -> None:
        """Draw few pictures a second from now on, or as many as are asked for."""
        self._is_sparing = is_sparing
        if self._rest.isActive():
            self._draw_next()

    def draw(self, request: PictureRequest) -> None:
        """Draw this next; an older request that has not begun is forgotten."""
        self._wanted = request
        if not self._is_drawing and not self._rest.isActive():
            self._draw_next()

    def forget(self) -> None:
        """Draw nothing more of what was asked for."""
        self._wanted = None

    def close(self) -> None:
        """Give up what is being loaded, and wait. Blocks up to some seconds."""
        self._newest = self._wanted = None
        self._rest.stop()
        for pool in (self._files, self._pictures):
            pool.clear()
            pool.waitForDone(WAIT_MS)

    def _draw_next(self) -> None:
        """Begin the picture that is wanted, if there is one, when it is time for it."""
        rest_s = self._begun_s + SPARING_S - self._clock_s() if self._is_sparing else 0.0
        self._rest.stop()
        self._is_drawing = False
        if self._wanted is None:
            return
        if rest_s > 0.0:
            self._rest.start(math.ceil(1000 * rest_s))
            return
        request, self._wanted = self._wanted, None
        self._is_drawing, self._begun_s = True, self._clock_s()
        self._pictures.start(lambda: self._draw_now(request))

    def _draw_now(self, request: PictureRequest) -> None:
        start_s = time.perf_counter()
        level = 0 if request.is_fine else min(self._level, len(request.scenes) - 1)
        picture = draw_points(request.scenes[level], request.view, request.size, request.fog)
        if not request.is_fine:
            self._pace(time.perf_counter() - start_s)
        self.drawn.emit(picture)
        self._finished.emit()

    def _pace(self, took_s: float) -> None:
        """Draw more or fewer points of the next picture, so that it is there in time."""
        if took_s > SLOW_S:
            self._level = min(self._level + 1, LEVELS - 1)
        elif took_s < FAST_S:
            self._level = max(self._level - 1, 0)

    def _load_now(self, avatar: Path) -> None:
        try:
            self.loaded.emit(self._load(avatar, lambda: self._newest != avatar))
        except LoadCancelledError:
            logger.debug("gave up the point cloud of %s", avatar)
        except EXPECTED_ERRORS as error:
            logger.warning("no point cloud of %s: %s", avatar, error)
            self.failed.emit(avatar, str(error) or type(error).__name__)

    def _save_now(self, loaded: LoadedCloud, path: Path) -> None:
        from renderer.sheet.ply_file import write_ply

        try:
            write_ply(path, loaded.cloud)
        except EXPECTED_ERRORS as error:
            self.saved.emit(str(error))
        else:
            self.saved.emit(f"Saved as {path.name} in {path.parent}")

    def _pool(self) -> QThreadPool:
        pool = QThreadPool(self)
        pool.setMaxThreadCount(1)
        return pool
