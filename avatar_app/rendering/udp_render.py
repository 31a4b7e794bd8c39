"""Render a folder of Ultra-Dense Pose (UDP) files with an avatar's character sheet."""

from contextlib import closing
from pathlib import Path

from avatar_app.engine import EngineParts
from avatar_app.rendering.fingerprint import listing_digest
from avatar_app.rendering.finished_output import open_job, write_output
from avatar_app.rendering.landmark_choice import CANONICAL, choose_convention
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.render_order import Inputs, RenderOrder, RenderReport, painting_inputs
from avatar_app.rendering.udp_painting import UdpFormat, UdpPainting, measure_crop
from udp_live.udp_files import UdpSequence, open_udp_folder

DEFAULT_FPS = 30.0


class UdpRender:
    """Paint a sequence frame by frame; go on where an interrupted run has stopped."""

    def __init__(
        self,
        order: RenderOrder,
        folder: Path,
        *,
        landmarks: str | None = None,
        fps: float | None = None,
    ) -> None:
        """Prepare a render.

        Args:
            order: The output; its source is not looked at.
            folder: Of the UDP files.
            landmarks: Convention of the files: ``canonical``, ``A``, ``A'``, ``B`` or
                ``conr``; None takes what the folder says of itself, else ``canonical``.
            fps: Frames per second of a film; None takes what the folder says, else 30.
        """
        self._order, self._folder = order, folder
        self._landmarks, self._fps = landmarks, fps

    def run(self, parts: EngineParts, progress: Progress) -> RenderReport:
        """Make the output.

        Raises:
            UdpFileError: The folder is not a sequence, or a file is damaged.
            AppError, RendererError: See the parts; what is done is kept.
        """
        order, config = self._order, self._order.config
        sequence = open_udp_folder(self._folder)
        notes = sequence.notes
        landmarks = self._landmarks or (notes.landmarks if notes else CANONICAL)
        fps = self._fps or (notes.fps if notes else DEFAULT_FPS)
        avatar = parts.load_avatar(config)
        convention = choose_convention(landmarks, avatar.rig)
        with (
            open_job(order, self._inputs(sequence, landmarks, fps)) as job,
            closing(parts.open_decoder(config)) as decoder,
        ):
            encoding = decoder.encode(avatar.sheet)
            crop = measure_crop(sequence, progress)
            form = UdpFormat(config.size, fps, order.is_folder, convention)
            painting = UdpPainting(sequence, crop, decoder, encoding, form)
            write_output(order, job, painting, progress)
            return RenderReport(len(sequence), decoder.name, decoder.device)

    def _inputs(self, sequence: UdpSequence, landmarks: str, fps: float) -> Inputs:
        return {
            "UDP sequence": listing_digest(sequence.files),
            **painting_inputs(self._order),
            "landmarks": landmarks,
            "fps": f"{fps:g}",
        }
