"""Avatars on disk and their sheets: folders, archives, and sheets drawn from a rig.

Import from the modules, because they load OpenCV: ``avatar_file``, ``avatar_archive``,
``sheet_drawing``.
"""

__all__: list[str] = []
