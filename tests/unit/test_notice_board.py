import logging

import pytest

from avatar_app.engine.notice_board import NoticeBoard


def test_one_sentence_per_topic_until_it_is_cleared() -> None:
    board = NoticeBoard()
    board.post("webcam", "webcam lost")
    board.post("quality", "painting at 256 px")
    board.post("webcam", "webcam still lost")
    assert board.sentences == ("webcam still lost", "painting at 256 px")
    board.clear("webcam")
    board.clear("never posted")
    assert board.sentences == ("painting at 256 px",)
    board.clear_all()
    assert board.sentences == ()


def test_a_topic_is_logged_once_however_often_it_is_posted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    board = NoticeBoard()
    with caplog.at_level(logging.WARNING):
        for _ in range(100):
            board.post("webcam", "webcam lost")
    assert len(caplog.records) == 1
