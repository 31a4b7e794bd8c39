"""Errors that the world causes in ``udp_live``; wrong arguments raise ValueError or TypeError.

UdpLiveError
  GlContextError       no usable OpenGL, or the context was lost
  RigFormatError       a model file is missing, broken or lacks what an avatar needs
  ShaderCompileError   a GLSL program was refused by the driver
  MotionFormatError    a motion file is missing or broken
  UdpFileError         a UDP file or folder is missing, broken, no UDP or cannot be written
"""


class UdpLiveError(Exception):
    """Base of everything this package raises on purpose."""


class GlContextError(UdpLiveError):
    """No usable OpenGL context, or it was lost."""


class RigFormatError(UdpLiveError):
    """A model file is missing, broken or lacks what an avatar needs."""


class ShaderCompileError(UdpLiveError):
    """A GLSL program was refused by the driver."""


class MotionFormatError(UdpLiveError):
    """A motion file is missing or broken."""


class UdpFileError(UdpLiveError):
    """A UDP file or folder is missing, broken, no UDP, or cannot be written."""
