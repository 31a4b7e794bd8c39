"""Parameters on disk: published checkpoints, distrusted and checked, and the one file made of them.

A checkpoint goes through ``checkpoint_file`` (one, whatever it may hold) and ``checkpoints`` (all
four of a folder) into ``weights_file``, which is what the decoder reads.
"""
