"""MediaPipe's face mesh: landmarks, blendshapes where a model file is given, head matrix."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mediapipe as mp
import numpy as np
from numpy.typing import NDArray

from avatar_app.errors import TrackerError
from avatar_app.tracking.head_pose import estimate_camera_from_head
from udp_live.retargeting.blendshapes import BLENDSHAPE_NAMES
from udp_live.types import FaceTracking

Float = NDArray[np.float32]
Image = NDArray[np.uint8]

logger = logging.getLogger(__name__)

# The mesh models only find faces that are large in the picture. A square around a smaller face,
# this many times its box, is searched instead (measured: 3 to 5 all work, 2 loses small faces).
WINDOW_PER_FACE = 4.0
# Moving the window costs a new detection, so it stays until the face nears its border.
FACE_STAYS_WITHIN = 0.30
FACE_BOX_SHARE = (0.15, 0.45)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a picture that is searched, in pixels."""

    left: int
    top: int
    width: int
    height: int

    def cut(self, image: Image) -> Image:
        """Return the window's own contiguous copy of the pixels."""
        rows = slice(self.top, self.top + self.height)
        return np.ascontiguousarray(image[rows, self.left : self.left + self.width])


class LandmarkerMesh:
    """The task model: landmarks and blendshapes."""

    def __init__(self, model_path: Path) -> None:
        options = mp.tasks.vision.FaceLandmarkerOptions(
            base_options=mp.tasks.BaseOptions(model_asset_buffer=model_path.read_bytes()),
            running_mode=mp.tasks.vision.RunningMode.VIDEO,
            output_face_blendshapes=True,
        )
        self._landmarker = mp.tasks.vision.FaceLandmarker.create_from_options(options)

    def find(self, image: Image, time_ms: int) -> tuple[Float, Float | None] | None:
        """Return landmarks and blendshapes, both in the picture's own units, or None."""
        picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=image)
        result = self._landmarker.detect_for_video(picture, time_ms)
        if not result.face_landmarks:
            return None
        scores = {c.category_name: c.score for c in result.face_blendshapes[0]}
        blendshapes = np.array([scores.get(name, 0.0) for name in BLENDSHAPE_NAMES], np.float32)
        return landmarks_to_array(result.face_landmarks[0]), np.clip(blendshapes, 0.0, 1.0)

    def close(self) -> None:
        """Release the graph."""
        self._landmarker.close()


class SolutionMesh:
    """The mesh inside the mediapipe wheel: landmarks alone."""

    def __init__(self) -> None:
        self._mesh = mp.solutions.face_mesh.FaceMesh(refine_landmarks=True)

    def find(self, image: Image, time_ms: int) -> tuple[Float, Float | None] | None:
        """Return landmarks and no blendshapes, or None; the time is not used."""
        del time_ms
        result = self._mesh.process(image)
        if not result.multi_face_landmarks:
            return None
        return landmarks_to_array(result.multi_face_landmarks[0].landmark), None

    def close(self) -> None:
        """Release the graph."""
        self._mesh.close()


class MediapipeFace:
    """Track one face at any distance."""

    def __init__(self, model_path: Path | None) -> None:
        self._mesh: LandmarkerMesh | SolutionMesh = _open_mesh(model_path)
        self._detector = mp.solutions.face_detection.FaceDetection(
            model_selection=1, min_detection_confidence=0.4
        )
        self._window: Window | None = None
        self._time_ms = 0

    def track(self, image: Image, step_ms: int) -> FaceTracking | None:
        """Find the face in the next picture, ``step_ms`` after the one before."""
        self._time_ms += max(step_ms, 2)
        height, width = image.shape[:2]
        window = self._window or Window(0, 0, width, height)
        if window.left + window.width > width or window.top + window.height > height:
            window = Window(0, 0, width, height)
        found = self._mesh.find(window.cut(image), self._time_ms)
        if found is None:
            detected = self._detect_window(image)
            if detected is None:
                self._window = None
                return None
            window = detected
            # One millisecond later the mesh looks for a face again instead of following it.
            found = self._mesh.find(window.cut(image), self._time_ms + 1)
            if found is None:
                self._window = window
                return None
        landmarks = _from_window(found[0], window, (width, height))
        self._window = _keep_or_move(window, landmarks, (width, height))
        camera_from_head = estimate_camera_from_head(landmarks, (width, height))
        return FaceTracking(landmarks, found[1], camera_from_head)

    def close(self) -> None:
        """Release the graphs."""
        self._mesh.close()
        self._detector.close()

    def _detect_window(self, image: Image) -> Window | None:
        detections = self._detector.process(image).detections
        if not detections:
            return None
        box = detections[0].location_data.relative_bounding_box
        height, width = image.shape[:2]
        centre = ((box.xmin + 0.5 * box.width) * width, (box.ymin + 0.5 * box.height) * height)
        return _window_around(centre, max(box.width * width, box.height * height), (width, height))


def landmarks_to_array(landmarks: Any) -> Float:
    """Copy MediaPipe's landmark list to ``[N, 3]`` float32."""
    return np.array([(point.x, point.y, point.z) for point in landmarks], np.float32)


def _open_mesh(model_path: Path | None) -> LandmarkerMesh | SolutionMesh:
    if model_path is None:
        return SolutionMesh()
    try:
        return LandmarkerMesh(model_path)
    except (OSError, RuntimeError, ValueError) as error:
        raise TrackerError(
            f"face model unusable: {model_path} ({error}); fetch it again or run without it"
        ) from error


def _window_around(
    centre_px: tuple[float, float], face_px: float, image_size: tuple[int, int]
) -> Window:
    width, height = image_size
    side = int(min(WINDOW_PER_FACE * face_px, max(width, height)))
    if side >= min(width, height):
        return Window(0, 0, width, height)
    left = int(np.clip(centre_px[0] - 0.5 * side, 0, width - side))
    top = int(np.clip(centre_px[1] - 0.5 * side, 0, height - side))
    return Window(left, top, side, side)


def _from_window(landmarks: Float, window: Window, image_size: tuple[int, int]) -> Float:
    """Bring landmarks from units of the window to units of the whole picture."""
    width, height = image_size
    scale = np.array(
        [window.width / width, window.height / height, window.width / width], np.float32
    )
    offset = np.array([window.left / width, window.top / height, 0.0], np.float32)
    return landmarks * scale + offset


def _keep_or_move(window: Window, landmarks: Float, image_size: tuple[int, int]) -> Window:
    """Follow a face that leaves the middle of the window or changes its size."""
    points = landmarks[:, :2] * np.array(image_size, np.float32)
    low, high = points.min(axis=0), points.max(axis=0)
    centre = 0.5 * (low + high)
    face_px = float(np.max(high - low))
    off_centre = np.abs((centre - (window.left, window.top)) / (window.width, window.height) - 0.5)
    share = face_px / min(window.width, window.height)
    is_whole = (window.width, window.height) == image_size
    too_small = share < FACE_BOX_SHARE[0] and not is_whole
    too_large = share > FACE_BOX_SHARE[1] and not is_whole
    off = bool(np.any(off_centre > FACE_STAYS_WITHIN)) and not is_whole
    if not (too_small or too_large or off):
        return window
    return _window_around((float(centre[0]), float(centre[1])), face_px, image_size)
