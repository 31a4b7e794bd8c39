"""Model files in, ``Rig`` out: VRM 0.x and 1.0, GLB, glTF, PMX and PMD."""

from udp_live.loaders.rig_file import load_rig

__all__ = ["load_rig"]
