"""Yuzu, the avatar that is shipped: modelled, painted and animated by code in this package.

``assembly.build_rig`` joins all parts, ``vrm_writer.write_vrm`` saves them, and
``hello_clip.hello_clip`` is the motion that introduces her. Only ``avatar build-default`` runs
this; the app itself loads the built files. Import from the modules.
"""

__all__: list[str] = []
