"""Errors that the world causes in ``renderer``; wrong arguments raise ValueError or TypeError.

RendererError
  AvatarFileError    an avatar folder or archive is missing, broken or unsafe
  SheetError         a drawing cannot serve as a sheet view
  WeightsError       decoder weights are missing, have a wrong hash or shape
  AcceleratorError   no GPU where one was asked for, or it ran out of memory
"""


class RendererError(Exception):
    """Base of everything this package raises on purpose."""


class AvatarFileError(RendererError):
    """An avatar folder or archive is missing, broken or unsafe."""


class SheetError(RendererError):
    """A drawing cannot serve as a sheet view."""


class WeightsError(RendererError):
    """Decoder weights are missing, have a wrong hash or shape."""


class AcceleratorError(RendererError):
    """No GPU where one was asked for, or it ran out of memory."""
