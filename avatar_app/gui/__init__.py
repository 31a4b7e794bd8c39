"""The window: Qt, and nothing else. The only package that imports PySide6."""

__all__: list[str] = []
