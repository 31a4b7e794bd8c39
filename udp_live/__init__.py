"""Tracked motion in, live Ultra-Dense Pose (UDP) frames out.

Knows rigs, motion and OpenGL; knows no network, tracker, device or window.
"""
