"""The four networks, each readable top to bottom with shapes in the margin.

``conr_networks`` is the whole. ``unet`` on ``resnet`` makes the sheet parser and the target pose
encoder; ``shader`` holds the layers of the collaborative blocks, ``shading`` what runs between
them, with ``warp``; ``rgba_head`` comes last.
"""

from renderer.conr.networks.conr_networks import (
    NETWORK_OF_FILE,
    ConrNetworks,
    expected_shapes,
    random_networks,
)

__all__ = ["NETWORK_OF_FILE", "ConrNetworks", "expected_shapes", "random_networks"]
