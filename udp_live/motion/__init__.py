"""Recorded motion as a source: clips that any humanoid rig can play."""

from udp_live.motion.bvh import load_bvh
from udp_live.motion.clip import MotionClip
from udp_live.motion.vmd import load_vmd
from udp_live.motion.vrma import load_vrma
from udp_live.motion.vrma_writer import save_vrma

__all__ = ["MotionClip", "load_bvh", "load_vmd", "load_vrma", "save_vrma"]
