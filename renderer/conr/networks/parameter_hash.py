"""What a file that was made from networks depends on: their parameters, as a hash."""

from collections.abc import Iterable
from typing import Protocol

from torch import nn


class Digest(Protocol):
    """What ``hashlib`` makes."""

    def update(self, data: bytes | memoryview, /) -> None:
        """Take in more bytes."""


def hash_parameters(digest: Digest, parts: Iterable[nn.Module]) -> None:
    """Take in names and values of all parameters, in order.

    Args:
        digest: From ``hashlib``.
        parts: On any device.
    """
    for part in parts:
        for name, value in part.state_dict().items():
            digest.update(name.encode())
            digest.update(value.detach().cpu().contiguous().numpy().data)
