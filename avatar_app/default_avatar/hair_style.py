"""Yuzu's hairstyle as a table: parted bangs, side locks, a soft bob, side tails, one ahoge."""

from avatar_app.default_avatar.hair_shape import Lock

BANGS = (
    Lock("bang0", ((0, 0.9, -8), (-38, 2.2, 4), (-60, 3.3, 6), (-70, 4.5, 4), (-70, 5.5, 0)),
         38, 14, column=0, steps=16),
    Lock("bang1", ((20, 0.9, -8), (51, 2.2, 4), (64, 3.3, 6), (71, 4.5, 4), (70, 5.6, 0)),
         38, 14, column=1, steps=16),
    Lock("bang2", ((5, 0.9, -7), (-17, 2.2, 5), (-34, 3.2, 7), (-42, 3.9, 7), (-45, 4.5, 4)),
         48, 15, group="bangRight", free_from=0.45, column=2, wide_at=0.55, steps=16),
    Lock("bang3", ((17, 0.9, -7), (33, 2.2, 5), (43, 3.2, 7), (46, 3.9, 7), (45, 4.55, 4)),
         46, 15, group="bangLeft", free_from=0.45, column=3, wide_at=0.55, steps=16),
    Lock("bang4", ((8, 0.9, -6), (-2, 2.2, 6), (-13, 3.2, 8), (-21, 3.9, 8), (-26, 4.4, 5)),
         42, 15, group="bangRight", free_from=0.45, column=1, wide_at=0.55, steps=16),
    Lock("bang5", ((14, 0.9, -6), (20, 2.2, 6), (25, 3.2, 8), (26, 3.9, 8), (22, 4.45, 5)),
         40, 15, group="bangLeft", free_from=0.45, column=0, wide_at=0.55, steps=16),
    Lock("bang6", ((11, 0.9, -5), (7, 2.2, 8), (2, 3.2, 10), (-4, 4.0, 10), (-3, 4.75, 6)),
         32, 13, group="bangRight", free_from=0.45, column=2, wide_at=0.5, steps=16),
)  # fmt: skip
SIDES = (
    Lock("sideBack", ((76, 1.4, -8), (86, 3.0, 3), (90, 4.5, 4), (87, 6.0, 2), (79, 7.4, 2)),
         42, 17, group="side", free_from=0.5, column=1, mirrored=True),
    Lock("sideFront", ((60, 1.5, -7), (70, 3.0, 5), (74, 4.2, 4), (71, 5.4, -2), (65, 6.6, -9),
                       (63, 7.6, -8), (67, 8.4, 2)),
         34, 15, group="side", free_from=0.42, column=2, mirrored=True, wide_at=0.35),
)  # fmt: skip
BACK = (
    Lock("backA", ((95, 1.0, -8), (100, 3.0, 3), (102, 5.0, 5), (101, 6.4, 5), (97, 7.5, 12)),
         56, 22, group="backSide", column=0, mirrored=True, wide_at=0.6),
    Lock("backB", ((118, 1.0, -8), (122, 3.0, 3), (124, 5.0, 5), (126, 6.4, 5), (121, 7.6, 2)),
         58, 22, group="backSide", column=1, mirrored=True, wide_at=0.6),
    Lock("backC", ((142, 1.0, -8), (146, 3.0, 3), (148, 5.0, 5), (150, 6.4, 5), (145, 7.45, 9)),
         58, 22, group="back", column=2, mirrored=True, wide_at=0.6),
    Lock("backD", ((166, 1.0, -8), (168, 3.0, 3), (170, 5.0, 5), (172, 6.4, 5), (168, 7.6, 3)),
         58, 22, group="back", column=3, mirrored=True, wide_at=0.6),
    Lock("backE", ((108, 0.6, -8), (110, 2.4, 6), (113, 4.0, 11), (109, 5.7, 15)),
         62, 18, column=2, mirrored=True, wide_at=0.55),
    Lock("backF", ((138, 0.6, -8), (137, 2.4, 6), (138, 4.0, 11), (133, 6.1, 14)),
         62, 18, column=3, mirrored=True, wide_at=0.55),
    Lock("backG", ((170, 0.5, -8), (162, 2.4, 6), (162, 4.0, 11), (157, 5.7, 15)),
         60, 18, column=1, mirrored=True, wide_at=0.55),
    Lock("backH", ((180, 0.5, -7), (183, 2.4, 8), (184, 3.8, 14), (180, 6.0, 17)), 52, 18, column=0,
         wide_at=0.55),
)  # fmt: skip
TAILS = (
    Lock("tailA", ((92, 1450, -48), (132, 1466, -56), (170, 1440, -58), (191, 1374, -54),
                   (186, 1292, -48), (196, 1228, -42), (216, 1190, -38)),
         58, 42, group="tail", free_from=0.12,
         column=3, is_world=True, mirrored=True, root_width=0.3),
    Lock("tailB", ((92, 1449, -52), (128, 1458, -66), (156, 1428, -74), (172, 1364, -72),
                   (168, 1292, -66), (178, 1236, -64)),
         52, 36, group="tail", free_from=0.12,
         column=0, is_world=True, mirrored=True, root_width=0.3),
    Lock("tailC", ((92, 1449, -44), (128, 1456, -44), (156, 1426, -40), (172, 1364, -36),
                   (166, 1296, -30), (172, 1242, -20)),
         46, 32, group="tail", free_from=0.12,
         column=1, is_world=True, mirrored=True, root_width=0.3),
)  # fmt: skip
AHOGE = Lock(
    "ahoge", ((0, 1520, 2), (-4, 1550, 1), (2, 1582, 6), (26, 1600, 18), (54, 1586, 32)),
         12, 8, group="ahoge", free_from=0.15,
         column=2, is_world=True, root_width=0.75, wide_at=0.45,
         faces=(0.1, 0.2, 1.0),
)  # fmt: skip
LOCKS: tuple[Lock, ...] = (*BANGS, *SIDES, *BACK, *TAILS, AHOGE)

# Spring chain -> (lock it runs along, number of moving bones, stiffness, drag, gravity power).
CHAINS: dict[str, tuple[str, int, float, float, float]] = {
    "bangLeft": ("bang3", 1, 2.4, 0.5, 0.05),
    "bangRight": ("bang4", 1, 2.4, 0.5, 0.05),
    "side": ("sideFront", 3, 1.0, 0.4, 0.15),
    "backSide": ("backB", 2, 1.2, 0.45, 0.2),
    "back": ("backD", 2, 1.2, 0.45, 0.2),
    "tail": ("tailA", 3, 1.1, 0.35, 0.10),
    "ahoge": ("ahoge", 2, 1.6, 0.3, 0.0),
}
