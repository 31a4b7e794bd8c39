"""A video for measurements where there is none of a person: the avatar before a plain wall."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np

from avatar_app.engine import EngineConfig, EngineParts, StageStats
from avatar_app.engine.frames import AvatarFrame, FrameStamp
from avatar_app.output.compositor import lay_over
from avatar_app.output.video_recording import VideoRecording
from avatar_app.paths import clip_names
from udp_live.linalg import quat_from_axis_angle
from udp_live.motion import load_vrma
from udp_live.rig.expressions import rest_pose
from udp_live.rig.rig import Rig
from udp_live.types import RigPose

SIZE = 480
FRAMES = 90
FPS = 30.0
WALL = np.array([[(176, 180, 190)]], np.uint8)
NOD_RAD = 0.15


def render_video(config: EngineConfig, folder: Path) -> Path:
    """Paint three seconds of the avatar and record them.

    Args:
        config: Avatar, decoder and device.
        folder: Where the file goes.
    """
    parts = EngineParts()
    config = replace(config, size=SIZE, framing="half")
    avatar = parts.load_avatar(config)
    painter = parts.open_painter(config, avatar, StageStats())
    path = folder / "avatar.mp4"
    recording = VideoRecording(path, SIZE, FPS, realtime=False)
    for index in range(FRAMES):
        media_s = index / FPS
        picture = painter.paint(_pose(avatar.rig, media_s), media_s, SIZE)
        stamp = FrameStamp(index, 0, media_s)
        recording.send(AvatarFrame(stamp, lay_over(picture, WALL)))
    recording.close()
    painter.close()
    return path


def _pose(rig: Rig, time_s: float) -> RigPose:
    """Play the first clip there is; without one, nod."""
    clips = clip_names()
    if clips:
        return load_vrma(next(iter(clips.values()))).sample(rig, time_s, loop=True)
    pose = rest_pose(rig)
    angle = NOD_RAD * math.sin(2 * math.pi * time_s)
    rotations = pose.bone_rotations.copy()
    axis = np.array((1.0, 0.0, 0.0), np.float32)
    rotations[rig.skeleton.humanoid["head"]] = quat_from_axis_angle(axis, angle)
    return replace(pose, bone_rotations=rotations)
