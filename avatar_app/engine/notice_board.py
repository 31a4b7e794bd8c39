"""Sentences on what degrades the run now: lost face, lost webcam, lowered resolution."""

import logging
import threading

logger = logging.getLogger(__name__)


class NoticeBoard:
    """Hold at most one sentence per topic; any thread may post and clear."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sentences: dict[str, str] = {}

    def post(self, topic: str, sentence: str) -> None:
        """Show ``sentence`` until it is cleared; a new sentence on the topic replaces it."""
        with self._lock:
            is_new = topic not in self._sentences
            self._sentences[topic] = sentence
        if is_new:
            logger.warning("%s", sentence)

    def clear(self, topic: str) -> None:
        """Take the topic's sentence down; nothing happens when there is none."""
        with self._lock:
            sentence = self._sentences.pop(topic, None)
        if sentence is not None:
            logger.info("%s: over (%s)", topic, sentence)

    def clear_all(self) -> None:
        """Take everything down."""
        with self._lock:
            self._sentences.clear()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All sentences, oldest topic first."""
        with self._lock:
            return tuple(self._sentences.values())
