"""From a painting to the finished output, be it a film or a folder of pictures."""

from avatar_app.errors import OutputError
from avatar_app.output.compositor import Compositor
from avatar_app.output.disk_file import disk_errors
from avatar_app.rendering.film import Film
from avatar_app.rendering.painting import Painting
from avatar_app.rendering.picture_folder import PictureFolder
from avatar_app.rendering.progress import Progress
from avatar_app.rendering.render_job import RenderJob
from avatar_app.rendering.render_order import Inputs, RenderOrder
from avatar_app.rendering.sound import Soundtrack

CLAIM = "claimed"  # in the job's folder: the pictures in the output are this job's


def open_job(order: RenderOrder, inputs: Inputs) -> RenderJob:
    """Lock the output and find what an earlier run has left.

    Raises:
        UsageError: The output was begun with other inputs.
        OutputError: Another render works on it, it cannot be written, or it is a folder that
            holds pictures of another origin.
    """
    job = RenderJob(order.output, inputs, is_folder=order.is_folder, restart=order.restart)
    is_foreign = order.is_folder and not order.restart and not _is_claimed(job)
    if is_foreign and any(order.output.glob("*.png")):
        job.close()
        raise OutputError(
            f"{order.output} holds pictures of another origin; give an empty folder, or replace "
            "those of the same names with --restart"
        )
    return job


def write_output(
    order: RenderOrder,
    job: RenderJob,
    painting: Painting,
    progress: Progress,
    sound: Soundtrack | None = None,
) -> None:
    """Paint what is missing and finish the output; the job is done then.

    Raises:
        OutputError: The disk is full.
        AppError, RendererError, UdpLiveError: The source or the decoder fails.
    """
    compositor = Compositor(order.config.background, *painting.size)
    if order.is_folder:
        folder = PictureFolder(order.output, painting)
        if not _is_claimed(job):
            folder.clear()
            with disk_errors(job.folder):
                (job.folder / CLAIM).touch()
        folder.paint(compositor, progress)
        job.finish(keep=(CLAIM,))
    else:
        film = Film(order.output, job.folder, painting, sound)
        film.paint(compositor, progress)
        film.finish()
        job.finish()


def _is_claimed(job: RenderJob) -> bool:
    return (job.folder / CLAIM).is_file()
