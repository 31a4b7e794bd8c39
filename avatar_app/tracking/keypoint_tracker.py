"""A tracker that answers with what OpenPose saw."""

from avatar_app.engine.frames import CameraFrame, TrackingFrame
from avatar_app.engine.keypoint_address import KeypointAddress
from avatar_app.errors import TrackerError
from udp_live.errors import MotionFormatError
from udp_live.motion.openpose import KeypointMotion, load_openpose


class KeypointTracker:
    """Answer each frame of a ``KeypointFolder`` with the keypoints of its moment."""

    def __init__(self, address: KeypointAddress) -> None:
        """Read the folder and lift its keypoints into space.

        Raises:
            TrackerError: A file is missing or broken.
        """
        try:
            clip = load_openpose(address.folder, fps=address.fps, image_size=address.image_size)
        except MotionFormatError as error:
            raise TrackerError(str(error)) from error
        self._fps = clip.fps
        self._motion = KeypointMotion(clip)

    def track(self, frame: CameraFrame) -> TrackingFrame:
        """Return what was seen at ``frame.stamp.media_s``; after the end it begins again."""
        index = round(frame.stamp.media_s * self._fps) % self._motion.frame_count
        return TrackingFrame(frame.stamp, self._motion.motion(index))

    def close(self) -> None:
        """Nothing to release."""
