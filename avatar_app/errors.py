"""Errors that the world causes in ``avatar_app``; wrong arguments raise ValueError or TypeError.

AppError
  UsageError                      a command was asked for something it does not understand
  SourceError                     a source that cannot be opened or understood
    CameraUnavailableError        webcam missing, busy or black
    CameraLostError               webcam went away in mid-run
  TrackerError                    the tracker process cannot start or keeps dying
  OutputError                     an output cannot be opened or written (disk full ...)
    VirtualCameraUnavailableError no virtual camera device on this machine
  SettingsError                   the user's settings file is unreadable
"""


class AppError(Exception):
    """Base of everything this package raises on purpose."""


class UsageError(AppError):
    """A command was asked for something it does not understand."""


class SourceError(AppError):
    """A source cannot be opened or understood."""


class CameraUnavailableError(SourceError):
    """A webcam is missing, busy or delivers nothing."""


class CameraLostError(SourceError):
    """A webcam went away in mid-run."""


class TrackerError(AppError):
    """The tracker process cannot start or keeps dying."""


class OutputError(AppError):
    """An output cannot be opened or written."""


class VirtualCameraUnavailableError(OutputError):
    """No virtual camera device exists on this machine."""


class SettingsError(AppError):
    """The user's settings file is unreadable."""
