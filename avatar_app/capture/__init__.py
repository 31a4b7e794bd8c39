"""Where pictures of the person come from: webcams and video files. Adapters load on demand."""

from avatar_app.capture.base import Camera
from avatar_app.capture.media_clock import MediaClock
from avatar_app.capture.webcam_list import Webcam, list_webcams

__all__ = ["Camera", "MediaClock", "Webcam", "list_webcams"]
