"""Yuzu's colours, sRGB in [0, 255]: one place, so that face, body and outfit match."""

Color = tuple[int, int, int]

SKIN: Color = (255, 233, 219)
SKIN_SHADE = (0.93, 0.76, 0.74)  # multiplier in shadow, in [0, 1]
BLUSH: Color = (255, 150, 140)
LIP: Color = (236, 140, 128)
LINE: Color = (74, 38, 44)  # lips, nose, creases
LASH: Color = (38, 34, 52)

HAIR_DARK: Color = (22, 58, 74)
HAIR: Color = (36, 88, 106)
HAIR_LIGHT: Color = (104, 196, 200)
HAIR_TIP: Color = (122, 214, 208)
HAIR_SHADE = (0.66, 0.70, 0.86)

YUZU: Color = (255, 214, 64)
YUZU_DEEP: Color = (240, 168, 44)
LEAF: Color = (112, 176, 84)
CREAM: Color = (255, 246, 226)
CREAM_SHADE = (0.91, 0.84, 0.84)
