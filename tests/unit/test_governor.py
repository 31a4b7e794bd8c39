from avatar_app.engine.governor import Governor, RenderBudget


def test_it_starts_with_the_full_quality() -> None:
    governor = Governor(512, 30)
    assert governor.budget == RenderBudget(512, 30, supersampling=2)
    assert governor.sentence == ""


def test_one_slow_second_changes_nothing() -> None:
    governor = Governor(512, 30)
    assert not governor.observe(50.0)
    assert not governor.observe(20.0)
    assert governor.budget.decode_size == 512


def test_slow_painting_costs_smooth_edges_then_size_then_rate() -> None:
    governor = Governor(512, 30)
    budgets = []
    for _ in range(20):
        slow_ms = 1.1 * 1000 / governor.budget.fps  # just a little too slow, wherever it stands
        if governor.observe(slow_ms):
            budgets.append(governor.budget)
    assert budgets == [
        RenderBudget(512, 30, supersampling=1),
        RenderBudget(384, 30, supersampling=1),
        RenderBudget(256, 30, supersampling=1),
        RenderBudget(256, 22.5, supersampling=1),
        RenderBudget(256, 15.0, supersampling=1),
    ]


def test_a_computer_far_too_slow_gets_at_once_what_it_can_hold() -> None:
    governor = Governor(512, 30)
    governor.observe(200.0)
    assert governor.observe(200.0)
    assert governor.budget == RenderBudget(256, 30, supersampling=1)


def test_it_says_what_was_lowered() -> None:
    governor = Governor(512, 30)
    for _ in range(2):
        governor.observe(40.0)
    assert governor.sentence.endswith("full quality: edges are rougher")
    for _ in range(6):
        governor.observe(100.0)
    assert "256 px instead of 512" in governor.sentence
    assert "fps instead of 30" in governor.sentence


def test_quality_returns_only_when_the_next_step_would_hold() -> None:
    governor = Governor(512, 30, supersampling=1)
    for _ in range(2):
        governor.observe(40.0)
    assert governor.budget.decode_size == 384
    for _ in range(20):
        governor.observe(20.0)  # 20 ms at 384 px is 36 ms at 512 px: too slow
    assert governor.budget.decode_size == 384
    for _ in range(8):
        governor.observe(10.0)
    assert governor.budget.decode_size == 512


def test_smooth_edges_return_when_there_is_room_for_them() -> None:
    governor = Governor(512, 30)
    for _ in range(2):
        governor.observe(50.0)
    assert governor.budget.supersampling == 1
    for _ in range(20):
        governor.observe(20.0)  # 34 ms with smooth edges: too slow
    assert governor.budget.supersampling == 1
    for _ in range(8):
        governor.observe(10.0)
    assert governor.budget.supersampling == 2
    assert governor.sentence == ""


def test_small_pictures_are_not_made_smaller_than_is_useful() -> None:
    governor = Governor(128, 30)
    for _ in range(20):
        governor.observe(1000.0)
    assert governor.budget == RenderBudget(128, 15.0, supersampling=1)
    assert "px" not in governor.sentence


def test_painting_need_not_be_faster_than_poses_come() -> None:
    governor = Governor(512, 30)
    for _ in range(10):
        assert not governor.observe(50.0, pose_period_ms=60.0)
    for _ in range(2):
        governor.observe(50.0, pose_period_ms=33.0)
    assert governor.budget.supersampling == 1
