"""The window's own controls, each knowing nothing of the engine."""
