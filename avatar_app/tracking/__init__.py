"""Trackers: from a webcam picture to the landmarks of one person.

MediaPipe lives here and nowhere else. It runs in a process of its own behind ``TrackerProcess``;
``ReplayTracker`` plays back what was recorded. Adapters are imported from their modules.
"""

from avatar_app.tracking.base import Tracker

__all__ = ["Tracker"]
