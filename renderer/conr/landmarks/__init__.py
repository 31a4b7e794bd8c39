"""From our landmarks to those of the weights: named conventions, or one fitted to a sequence.

``landmark_convention`` is the map, ``convention_file`` keeps it. ``calibration`` fits one, from
``surface_cloud`` by way of ``mirror_plane``; ``calibration_verdict`` says how far to trust it.
"""
