import numpy as np

from udp_live.motion.openpose.person_choice import choose_person

FPS = 30.0


def person(x: float, size: float) -> np.ndarray:
    points = np.zeros((137, 3), np.float32)
    points[:25, 0] = x + size * np.linspace(0.0, 0.4, 25)
    points[:25, 1] = 100.0 + size * np.linspace(0.0, 1.0, 25)
    points[:25, 2] = 0.8
    return points


def crowd(*people: np.ndarray) -> np.ndarray:
    return np.stack(people) if people else np.zeros((0, 137, 3), np.float32)


def places(chosen: np.ndarray) -> list[float]:
    return chosen[:, 0, 0].tolist()


def test_the_largest_person_is_followed_whatever_their_number_in_the_file() -> None:
    frames = [
        crowd(person(500.0 + 5 * i, 200.0), person(100.0, 60.0))[:: 1 if i % 2 else -1]
        for i in range(6)
    ]

    assert places(choose_person(frames, FPS)) == [500.0 + 5 * i for i in range(6)]


def test_somebody_larger_who_walks_in_later_is_followed_back_to_where_they_appeared() -> None:
    frames = [crowd(person(100.0, 60.0))] * 3 + [crowd(person(100.0, 60.0), person(600.0, 300.0))]

    chosen = places(choose_person(frames * 1 + [frames[-1]] * 3, FPS))

    assert chosen[3:] == [600.0] * 4
    assert chosen[:3] == [0.0] * 3


def test_a_bystander_does_not_stand_in_for_a_moment() -> None:
    both = crowd(person(500.0, 200.0), person(50.0, 180.0))
    alone = crowd(person(50.0, 180.0))

    chosen = places(choose_person([both, both, alone, both], FPS))

    assert chosen == [500.0, 500.0, 0.0, 500.0]


def test_after_a_second_another_person_is_taken() -> None:
    first = crowd(person(500.0, 200.0))
    second = crowd(person(50.0, 180.0))

    chosen = places(choose_person([first] * 3 + [second] * 60, FPS))

    assert chosen[2] == 500.0
    assert chosen[-1] == 50.0


def test_hands_alone_are_nobody() -> None:
    hands = np.zeros((1, 137, 3), np.float32)
    hands[:, 95:] = 50.0

    assert not choose_person([hands, hands], FPS).any()
