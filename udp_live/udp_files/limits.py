"""How large a UDP file may be, and what is wrong with one that is larger."""

from udp_live.errors import UdpFileError

MAX_SIDE_PX = 8192


def check_size(name: str, width: int, height: int) -> None:
    """Refuse maps of absurd size before anything is decoded.

    Args:
        name: The file, for the sentence.
        width: Pixels.
        height: Pixels.

    Raises:
        UdpFileError: A side is out of range.
    """
    if not (1 <= width <= MAX_SIDE_PX and 1 <= height <= MAX_SIDE_PX):
        raise UdpFileError(
            f"UDP {name} is {width}x{height} px; each side must be 1 to {MAX_SIDE_PX} px"
        )
