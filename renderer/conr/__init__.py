"""CoNR (Lin et al., *Collaborative Neural Rendering using Anime Character Sheets*, IJCAI 2023).

From the networks outwards: ``networks`` is the paper, layer by layer; ``weights`` are its
parameters on disk; ``painters`` run the part of each frame on a device; ``landmarks`` translate our
surface points into those that the weights were trained on. The modules here join them:
``conr_decoder`` paints frames, ``udp_detector`` finds the UDP of a drawing, ``stage_speed``
measures.
"""
