"""The configuration that the window begins with, and what of it is remembered. No Qt."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from avatar_app.engine import EngineConfig, SourceConfig, TrackingConfig
from avatar_app.engine.config import FRAMINGS
from avatar_app.gui.choices import (
    DEMO_CLIP,
    GREEN,
    NO_OUTPUT,
    RECORDING,
    TRANSPARENT,
    VIRTUAL_CAMERA,
    is_avatar,
    unused_path,
)
from avatar_app.gui.viewport import MAX_ZOOM, MIN_ZOOM, Viewport
from avatar_app.paths import DEFAULT_AVATAR_NAME, face_model_file
from avatar_app.settings import AppSettings


def settings_at_launch(settings: AppSettings) -> AppSettings:
    """Return what to begin with: all that was remembered, but nothing records by itself."""
    return replace(settings, output=NO_OUTPUT) if settings.output == RECORDING else settings


def remembered_config(settings: AppSettings, avatar: Path) -> EngineConfig:
    """Build what the user had last; values that make no sense are left at their defaults.

    Args:
        settings: What was remembered.
        avatar: The avatar to fall back to.
    """
    remembered = Path(settings.avatar) if settings.avatar else avatar
    viewport, face_model = remembered_viewport(settings), face_model_file()
    return EngineConfig(
        avatar=remembered if remembered.exists() else avatar,
        tracking=TrackingConfig(face_model=face_model if face_model.is_file() else None),
        source=source_config(settings.source or DEMO_CLIP, settings.output),
        framing=settings.framing if settings.framing in FRAMINGS else FRAMINGS[0],
        zoom=viewport.zoom,
        pan=viewport.pan,
        mirror=settings.mirror,
        background=_usable_background(settings.background),
        outputs=outputs(settings),
    )


def default_avatar(folders: Iterable[Path]) -> Path:
    """Return the default avatar, or the first one there is when it is missing."""
    known = list(folders)
    wanted = known[0] / DEFAULT_AVATAR_NAME
    found = [path for folder in known if folder.is_dir() for path in sorted(folder.iterdir())]
    return next((path for path in [wanted, *found] if is_avatar(path)), wanted)


def remembered_viewport(settings: AppSettings) -> Viewport:
    """Return zoom and shift, or the neutral ones when the remembered are out of range."""
    pan = (settings.pan_x, settings.pan_y)
    usable = MIN_ZOOM <= settings.zoom <= MAX_ZOOM and all(-4.0 <= shift <= 4.0 for shift in pan)
    return Viewport(settings.zoom, pan) if usable else Viewport()


def source_config(address: str, output: str) -> SourceConfig:
    """Describe a source: clips and videos begin again at their end, unless they are recorded."""
    return SourceConfig(
        address=address, loop=not address.startswith("webcam:") and output != RECORDING
    )


def outputs(settings: AppSettings, taken: Collection[str] = ()) -> tuple[str, ...]:
    """List the engine's outputs; a recording never gets the name of an older one.

    Args:
        settings: The chosen output.
        taken: Recordings that are not finished yet.
    """
    if settings.output == VIRTUAL_CAMERA:
        return (VIRTUAL_CAMERA,)
    if settings.output == RECORDING and settings.recording:
        return (unused_path(settings.recording, taken),)
    return ()


def settings_of(config: EngineConfig, settings: AppSettings) -> AppSettings:
    """Remember what is in use; the output's choice is in the settings already.

    A colour or image of the user's own also stays on offer while another background is in use.
    """
    background = config.background
    if background.startswith("#") and background.lower() != GREEN:
        settings = replace(settings, background_colour=background)
    elif not background.startswith("#") and background != TRANSPARENT:
        settings = replace(settings, background_image=background)
    return replace(
        settings,
        source=config.source.address,
        avatar=str(config.avatar),
        framing=config.framing,
        zoom=config.zoom,
        pan_x=config.pan[0],
        pan_y=config.pan[1],
        mirror=config.mirror,
        background=background,
    )


def named_settings(config: EngineConfig, settings: AppSettings) -> AppSettings:
    """Take over what was named on the command line, the window has one output at a time."""
    output, recording = NO_OUTPUT, settings.recording
    for name in config.outputs:
        output = VIRTUAL_CAMERA if name == VIRTUAL_CAMERA else RECORDING
        recording = recording if name == VIRTUAL_CAMERA else name
    return settings_of(config, replace(settings, output=output, recording=recording))


def _usable_background(background: str) -> str:
    is_known = background.startswith("#") or Path(background).is_file()
    return background if is_known else TRANSPARENT
