import threading

from avatar_app.engine import LatestSlot


def test_newest_value_wins_and_the_loss_is_counted() -> None:
    slot: LatestSlot[int] = LatestSlot()
    for value in (1, 2, 3):
        slot.publish(value)
    assert slot.take() == 3
    assert slot.dropped == 2


def test_a_value_is_taken_once() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.publish(1)
    assert slot.take() == 1
    assert slot.take() is None
    assert slot.dropped == 0


def test_a_waiting_consumer_is_woken_by_a_value() -> None:
    slot: LatestSlot[int] = LatestSlot()
    taken: list[int | None] = []
    consumer = threading.Thread(target=lambda: taken.append(slot.take(5.0)))
    consumer.start()
    slot.publish(7)
    consumer.join(5.0)
    assert taken == [7]


def test_closing_wakes_the_consumer_and_forgets_what_waits() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.publish(1)
    slot.close()
    slot.publish(2)
    assert slot.take(5.0) is None
