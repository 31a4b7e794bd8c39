"""What the user has chosen: applied to the engine, remembered in the settings, told to widgets."""

import logging
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from avatar_app.engine import EngineConfig, EngineState
from avatar_app.errors import SettingsError
from avatar_app.gui.choices import RECORDING, first_source, is_listed
from avatar_app.gui.device_finder import DeviceFinder, Webcams
from avatar_app.gui.engine_bridge import EngineBridge
from avatar_app.gui.start_config import outputs, settings_of, source_config
from avatar_app.gui.viewport import Viewport
from avatar_app.settings import AppSettings, SettingsStore

logger = logging.getLogger(__name__)

APPLY_VIEWPORT_MS = 30  # a drag sends more moves than the engine needs
SAVE_MS = 800
LOST_WEBCAM = "The webcam you used last is not connected, so another source was chosen."


class Session(QObject):
    """Hold the choices of one window.

    Signals:
        changed(): A choice or the list of webcams is another one now.
        noticed(str): Something the user should know once.
    """

    changed = Signal()
    noticed = Signal(str)

    def __init__(
        self,
        bridge: EngineBridge,
        store: SettingsStore,
        settings: AppSettings,
        *,
        finder: DeviceFinder,
        parent: QObject | None = None,
    ) -> None:
        """Take over the engine's configuration as the first choices.

        Args:
            bridge: The engine.
            store: Where choices are kept.
            settings: What was remembered.
            finder: Looks for webcams.
            parent: Qt's parent.
        """
        super().__init__(parent)
        self.bridge, self.finder = bridge, finder
        self._store, self._settings = store, settings
        self._config = bridge.config
        self._webcams: Webcams = []
        self._waits_for_webcams = self._keeps_source = False
        self._viewport = Viewport(self._config.zoom, self._config.pan)
        self._save_timer = self._single_shot(SAVE_MS)
        self._save_timer.timeout.connect(self.save)
        self._viewport_timer = self._single_shot(APPLY_VIEWPORT_MS)
        self._viewport_timer.timeout.connect(self._apply_viewport)
        finder.found.connect(self._take_webcams)

    @property
    def config(self) -> EngineConfig:
        """What is chosen, as the engine wants it."""
        return self._config

    @property
    def settings(self) -> AppSettings:
        """What will be remembered."""
        return self._settings

    @property
    def webcams(self) -> Webcams:
        """Address and name of each webcam that was found."""
        return self._webcams

    @property
    def is_recording(self) -> bool:
        """True when a run writes a file or a folder."""
        return bool(self._config.outputs) and self._settings.output == RECORDING

    @property
    def finished_recording(self) -> Path | None:
        """The file or folder that the last run wrote, if it is there."""
        path = Path(self._config.outputs[0]) if self.is_recording else None
        return path if path is not None and path.exists() else None

    def begin(self, *, keep_source: bool) -> None:
        """Look for webcams, then start the first run.

        Args:
            keep_source: The source was named by the user just now; otherwise one that was never
                chosen, or a remembered webcam that is gone, gives way to the first webcam
                or the demo.
        """
        self._keeps_source = keep_source
        never_chosen = not self._settings.source
        self._waits_for_webcams = never_chosen or self._config.source.is_webcam
        self.finder.look()
        if not self._waits_for_webcams:
            self.start()

    def start(self) -> None:
        """Begin a run with what is chosen; a recording gets a name that is still free."""
        self._change(outputs=outputs(self._settings))
        self.bridge.start()

    def toggle(self) -> None:
        """Start when stopped, stop when running."""
        if self.bridge.state in (EngineState.STARTING, EngineState.RUNNING):
            self.bridge.stop()
        else:
            self.start()

    def choose_source(self, address: str) -> None:
        """Take motion from a webcam, a video file or a clip; this also mends a failed run."""
        source = source_config(address, self._settings.output)
        self._change(source=source, outputs=self._outputs_of_next_run())
        self._start_if_failed()

    def choose_avatar(self, path: str) -> None:
        """Wear another avatar; this also mends a failed run."""
        self._change(avatar=Path(path), outputs=self._outputs_of_next_run())
        self._start_if_failed()

    def choose_output(self, output: str, recording: str | None = None) -> None:
        """Send the avatar somewhere.

        Args:
            output: ``none``, ``virtual-camera`` or ``recording``.
            recording: File or ``FOLDER/`` to record to; None is the last one.
        """
        if recording is not None:
            self._settings = replace(self._settings, recording=recording)
        self._settings = replace(self._settings, output=output)
        source = source_config(self._config.source.address, output)
        self._change(source=source, outputs=self._outputs_of_next_run())

    def choose_background(self, background: str) -> None:
        """Lay the avatar over ``transparent``, a ``#rrggbb`` colour or an image file."""
        self._change(background=background)

    def choose_framing(self, framing: str) -> None:
        """Show more or less of the avatar, as it is framed by default."""
        self._viewport = Viewport()
        self._change(framing=framing, zoom=1.0, pan=(0.0, 0.0))

    def choose_mirror(self, mirror: bool) -> None:
        """Let the avatar move like a mirror image, or not."""
        self._change(mirror=mirror)

    def choose_webcam_picture(self, visible: bool) -> None:
        """Show what the webcam sees, or not."""
        self._settings = replace(self._settings, show_webcam=visible)
        self._save_timer.start()
        self.changed.emit()

    def choose_viewport(self, viewport: Viewport) -> None:
        """Zoom and shift the avatar; applied at a rate that the engine can follow."""
        self._viewport = viewport
        if not self._viewport_timer.isActive():
            self._viewport_timer.start()

    def remember_window(self, size: tuple[int, int] | None, *, maximized: bool) -> None:
        """Keep the window's size, (width, height); None when it filled the screen."""
        self._settings = replace(self._settings, window_maximized=maximized)
        if size is not None:
            self._settings = replace(self._settings, window_width=size[0], window_height=size[1])

    def save(self) -> None:
        """Write the settings now; a failure costs no more than the memory."""
        self._save_timer.stop()
        try:
            self._store.save(self._settings)
        except SettingsError as error:
            logger.warning("%s", error)

    def _change(self, **changes: object) -> None:
        """Apply other values of the configuration, now or in the next run."""
        config = replace(self._config, **changes)  # type: ignore[arg-type]  # named above
        if config != self._config:
            self._config = config
            self.bridge.apply(config)
        self._settings = settings_of(config, self._settings)
        self._save_timer.start()
        self.changed.emit()

    def _start_if_failed(self) -> None:
        if self.bridge.state is EngineState.FAILED:
            self.start()

    def _outputs_of_next_run(self) -> tuple[str, ...]:
        """Name the outputs for a change that begins a new run while another may be on."""
        is_on = self.bridge.state is not EngineState.STOPPED
        return outputs(self._settings, self._config.outputs if is_on else ())

    def _apply_viewport(self) -> None:
        self._change(zoom=self._viewport.zoom, pan=self._viewport.pan)

    def _take_webcams(self, webcams: Webcams) -> None:
        self._webcams = webcams
        if self._waits_for_webcams:
            self._waits_for_webcams = False
            notice = "" if self._keeps_source else self._settle_source()
            self.start()
            if notice:
                self.noticed.emit(notice)
        self.changed.emit()

    def _settle_source(self) -> str:
        """Choose a source that is there; return what the user should know about it."""
        remembered = self._settings.source
        if remembered and is_listed(remembered, self._webcams):
            return ""
        self.choose_source(first_source(self._webcams))
        return LOST_WEBCAM if remembered else ""

    def _single_shot(self, interval_ms: int) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(interval_ms)
        return timer
