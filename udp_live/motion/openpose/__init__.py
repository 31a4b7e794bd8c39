"""OpenPose's keypoint files as a source of tracked motion.

Flat keypoints of one person are read from a folder and lifted into space, clip-wise: body and
hands by how much shorter bones look than they are, the head by a rigid model.
"""

from udp_live.motion.openpose.keypoint_folder import list_keypoint_files, load_openpose
from udp_live.motion.openpose.keypoint_motion import KeypointMotion
from udp_live.motion.openpose.keypoints import KeypointClip

__all__ = ["KeypointClip", "KeypointMotion", "list_keypoint_files", "load_openpose"]
