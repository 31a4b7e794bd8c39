"""What the engine is asked to do: frozen dataclasses with the shipped defaults.

A change is ``engine.apply(replace(config, ...))``; the engine decides what has to restart.
"""

from dataclasses import dataclass, field
from pathlib import Path

from renderer.types import ViewOptions

FRAMINGS = ("bust", "half", "full", "face")
MIN_SIZE, MAX_SIZE = 64, 2048
SUPERSAMPLING = 2  # brings pictures 2 dB closer to the drawing; more adds little


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where motion comes from.

    Attributes:
        address: ``webcam:0``, ``webcam:NAME`` (part of the name suffices), ``clip:NAME``,
            ``openpose:FOLDER`` or the path of a video file.
        loop: Start a file or clip again at its end; a webcam ignores it.
        size: Picture size asked of a webcam, (width, height) pixels.
        fps: Rate asked of a webcam.
    """

    address: str = "webcam:0"
    loop: bool = False
    size: tuple[int, int] = (640, 480)
    fps: float = 30.0

    def __post_init__(self) -> None:
        if not self.address:
            raise ValueError("unexpected source: an empty address")
        if min(self.size) < 16 or not 1.0 <= self.fps <= 240.0:
            raise ValueError(f"unexpected webcam format: {self.size} at {self.fps} fps")

    @property
    def is_clip(self) -> bool:
        """True when poses come from a motion clip and nothing is tracked."""
        return self.address.startswith("clip:")

    @property
    def is_keypoints(self) -> bool:
        """True when frames come from OpenPose's keypoint files, which need no tracking."""
        return self.address.startswith("openpose:")

    @property
    def is_webcam(self) -> bool:
        """True when pictures come from a capture device."""
        return self.address.startswith("webcam:")


@dataclass(frozen=True, slots=True)
class TrackingConfig:
    """What to track.

    Attributes:
        body: Track arms, spine and legs.
        hands: Track fingers.
        face_model: ``face_landmarker.task`` for 52 blendshapes; None computes expressions from
            the face landmarks alone.
    """

    body: bool = True
    hands: bool = True
    face_model: Path | None = None


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """All that a run of the live engine depends on.

    Attributes:
        avatar: Avatar folder or ``.kigurumi`` file.
        source: Where motion comes from.
        tracking: What to track.
        size: Side of the square output picture, pixels.
        fps: Target rate of the output.
        framing: How much of the avatar is in the picture: one of ``FRAMINGS``.
        zoom: Magnification on top of the framing.
        pan: Shift of the avatar to the right and up, in picture heights.
        mirror: The avatar moves like a mirror image of the person.
        background: ``transparent``, ``#rrggbb`` or the path of an image.
        decoder: ``guided`` or the name of another decoder.
        device: ``auto``, ``cpu`` or ``cuda``.
        views: How many drawings CoNR paints from.
        outputs: Any of ``virtual-camera``, ``FILE.mp4``, ``FILE.webm``, ``FOLDER/``; none of them
            is needed for the preview.
        gl_backend: Name of the OpenGL backend; None chooses.
        supersampling: Side of the UDP maps over the side of the pictures; 2 smooths edges.
        govern: Lower supersampling, then decode size, then rate, to hold the budget.
        measures_imitation: Compare the avatar's joints with the person's, for the report.
    """

    avatar: Path
    source: SourceConfig = field(default_factory=SourceConfig)
    tracking: TrackingConfig = field(default_factory=TrackingConfig)
    size: int = 512
    fps: float = 30.0
    framing: str = "bust"
    zoom: float = 1.0
    pan: tuple[float, float] = (0.0, 0.0)
    mirror: bool = True
    background: str = "#00ff00"
    decoder: str = "guided"
    device: str = "auto"
    views: ViewOptions = field(default_factory=ViewOptions)
    outputs: tuple[str, ...] = ()
    gl_backend: str | None = None
    supersampling: int = SUPERSAMPLING
    govern: bool = True
    measures_imitation: bool = False

    def __post_init__(self) -> None:
        if not MIN_SIZE <= self.size <= MAX_SIZE or self.size % 2:
            raise ValueError(
                f"unexpected size: {self.size}; give an even number from {MIN_SIZE} to {MAX_SIZE}"
            )
        if not 1.0 <= self.fps <= 240.0:
            raise ValueError(f"unexpected fps: {self.fps:g}; give a number from 1 to 240")
        if self.framing not in FRAMINGS:
            raise ValueError(f"unexpected framing: {self.framing}; give one of {FRAMINGS}")
        if not 1 <= self.supersampling <= 4:
            raise ValueError(
                f"unexpected supersampling: {self.supersampling}; give a number from 1 to 4"
            )
        if not 0.1 <= self.zoom <= 10.0:
            raise ValueError(f"unexpected zoom: {self.zoom:g}; give a number from 0.1 to 10")
