"""Who is told how far a render is."""

from typing import Protocol


class Progress(Protocol):
    """Receive how far a render is, task after task."""

    def begin(self, task: str, total: int, done: int = 0) -> None:
        """Start a task.

        Args:
            task: What is done, as a participle: ``tracking``, ``painting``.
            total: Frames in all, as far as is known.
            done: Frames that an earlier run has left.
        """
        ...

    def advance(self) -> None:
        """Count one more frame of the task."""
        ...

    def end(self) -> None:
        """Finish the task."""
        ...


class Silence:
    """Tell nobody."""

    def begin(self, task: str, total: int, done: int = 0) -> None:
        """Do nothing."""

    def advance(self) -> None:
        """Do nothing."""

    def end(self) -> None:
        """Do nothing."""
