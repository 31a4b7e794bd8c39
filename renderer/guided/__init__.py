"""The landmark-guided decoder: looks up where the sheet shows each landmark and copies its paint.

Nothing is re-exported here, because the modules load torch; ``renderer.engines.open_decoder``
is the way in.
"""

__all__: list[str] = []
