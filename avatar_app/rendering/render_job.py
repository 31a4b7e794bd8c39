"""A render that may be interrupted: the folder in which it keeps what is done."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from filelock import FileLock, Timeout

from avatar_app.errors import OutputError, UsageError
from avatar_app.output.disk_file import disk_errors
from avatar_app.rendering.fingerprint import DIGEST
from udp_live.whole_file import write_whole

FORMAT = "kigurumi-render"
VERSION = 1  # to be raised when parts of older versions must not be gone on with
RECORD, LOCK = "job.json", "lock"
MAX_RECORD_BYTES = 1 << 16

Inputs = Mapping[str, str]


class RenderJob:
    """Own the working folder of one output; a context manager.

    A film keeps it beside itself and removes it when it is complete. A folder of pictures keeps
    it inside, with nothing but a record of what the pictures were painted from.

    Attributes:
        folder: For tracked motion and segments.
        is_resumed: An earlier run with the same inputs has left something.
    """

    def __init__(self, output: Path, inputs: Inputs, *, is_folder: bool, restart: bool) -> None:
        """Lock the output and compare what it was begun with.

        Args:
            output: File or folder that is made.
            inputs: Name of each input and setting to its value or digest.
            is_folder: The output is a folder of pictures.
            restart: Forget what an earlier run has left.

        Raises:
            UsageError: It was begun with other inputs.
            OutputError: Another render works on it, or the folder cannot be written.
        """
        self._output, self._is_folder = output, is_folder
        self.folder = job_folder(output, is_folder=is_folder)
        with disk_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(self.folder / LOCK)
        self._acquire()
        try:
            self.is_resumed = self._compare(inputs, restart=restart)
            if not self.is_resumed:
                self._begin(inputs)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> "RenderJob":
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Unlock; what is done stays."""
        self.close()

    def finish(self, keep: tuple[str, ...] = ()) -> None:
        """Remove what the finished output no longer needs, and unlock.

        Args:
            keep: Files that a folder of pictures keeps beside the record.
        """
        self._clear(keep=(LOCK, RECORD, *keep) if self._is_folder else (LOCK,))
        self.close()

    def close(self) -> None:
        """Unlock, and leave no folder behind that holds nothing; twice does no harm."""
        if not self._lock.is_locked:
            return
        is_vain = all(path.name in (LOCK, RECORD) for path in self.folder.iterdir())
        has_pictures = self._is_folder and any(self._output.glob("*.png"))
        self._lock.release()
        if is_vain and not has_pictures:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _acquire(self) -> None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise OutputError(
                f"another render works on {self._output}; wait for it or give another output"
            ) from error
        except OSError as error:
            raise OutputError(f"cannot write {self.folder}: {error.strerror or error}") from error

    def _compare(self, inputs: Inputs, *, restart: bool) -> bool:
        earlier = _read_record(self.folder / RECORD)
        if earlier is None or restart:
            return False
        changes = _changes(earlier, inputs)
        if changes:
            raise UsageError(
                f"{self._output} was begun with {', '.join(changes)}; repeat that command to go "
                "on, give another output, or start anew with --restart"
            )
        return True

    def _begin(self, inputs: Inputs) -> None:
        self._clear(keep=(LOCK,))
        record = {"format": FORMAT, "version": VERSION, "inputs": dict(inputs)}
        with disk_errors(self.folder):
            write_whole(self.folder / RECORD, (json.dumps(record, indent=2) + "\n").encode())

    def _clear(self, *, keep: tuple[str, ...]) -> None:
        for path in self.folder.iterdir():
            if path.name not in keep:
                path.unlink(missing_ok=True)


def job_folder(output: Path, *, is_folder: bool) -> Path:
    """Return where a render of ``output`` keeps what is done."""
    return output / ".render" if is_folder else output.with_name(f".{output.name}.render")


def _read_record(path: Path) -> dict[str, str] | None:
    """Return the inputs of an earlier run; None when there is none, or none to go on with."""
    try:
        if path.stat().st_size > MAX_RECORD_BYTES:
            return None
        record = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        return None
    inputs = record.get("inputs")
    if record.get("version") != VERSION or not isinstance(inputs, dict):
        return None
    return {str(name): str(value) for name, value in inputs.items()}


def _changes(earlier: Inputs, now: Inputs) -> list[str]:
    """Name what was different, as the end of a sentence."""
    changes = []
    for name in dict.fromkeys((*earlier, *now)):
        before, after = earlier.get(name, "none"), now.get(name, "none")
        if before != after:
            is_content = before.startswith(DIGEST) and after.startswith(DIGEST)
            changes.append(f"another {name}" if is_content else f"{name} {before}")
    return changes
