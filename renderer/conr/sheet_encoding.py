"""A character sheet as CoNR sees it: chosen drawings, and their features at the sizes asked for."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from renderer.conr.feature_cache import FeatureCache
from renderer.conr.networks.shading import SheetFeatures
from renderer.conr.painters.painter import Painter
from renderer.conr.sheet_input import find_figure, premultiply
from renderer.conr.view_choice import choose_views, landmark_histogram, shown
from renderer.errors import SheetError
from renderer.types import CharacterSheet, SheetView, ViewOptions
from udp_live.types import UdpMap

Key = TypeVar("Key")

KEPT_BATCHES = 6  # sets of views whose features lie side by side: neutral, blink, aa ...
KEPT_VIEWS = 48  # features of single views, all sizes together
EXPRESSION_SHOWS = 0.5  # weight from which on an expression's drawing takes its place
HISTOGRAM_STEP = 4  # pixels; a rough count is enough to choose views


class SheetEncoding:
    """The drawings of a sheet; features are made when a size or an expression is first asked for.

    *Render thread only.*
    """

    def __init__(
        self,
        sheet: CharacterSheet,
        painter: Painter,
        cache: FeatureCache,
        options: ViewOptions,
    ) -> None:
        """Choose the drawings.

        Raises:
            SheetError: A drawing has no transparent background, or nothing is drawn on it.
        """
        views = sorted(sheet.views, key=lambda view: view.name)
        self._painter = painter
        self._cache = cache
        self._per_frame = options.per_frame
        self._views = views
        self._neutral = _spread(views, options.count)
        self._shows = shown([views[index] for index in self._neutral])
        self._expressions = _by_expression(views)
        self._single: OrderedDict[tuple[int, int], SheetFeatures] = OrderedDict()
        self._batches: OrderedDict[tuple[tuple[int, ...], int], SheetFeatures] = OrderedDict()
        for index in self._neutral:
            _square(views[index], 128)  # refuses what cannot be painted from

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the drawings that a neutral face is painted from."""
        return tuple(self._views[index].name for index in self._neutral)

    def features(
        self, size: int, udp_map: UdpMap | None, expressions: Mapping[str, float]
    ) -> SheetFeatures:
        """Return the features of the drawings to paint a frame from.

        Args:
            size: Side of the networks' square, pixels.
            udp_map: What is wanted, if views are to be chosen for the frame.
            expressions: VRM expression name to weight; the drawings of the strongest take the
                places of the neutral drawings that are seen from the nearest side.
        """
        chosen = self._with_expression(self._chosen(udp_map), expressions)
        key = (chosen, size)
        if key not in self._batches:
            self._batches[key] = _side_by_side([self._view(index, size) for index in chosen])
            _drop_oldest(self._batches, KEPT_BATCHES)
        self._batches.move_to_end(key)
        return self._batches[key]

    def _chosen(self, udp_map: UdpMap | None) -> tuple[int, ...]:
        if udp_map is None or self._per_frame is None or self._per_frame >= len(self._neutral):
            return self._neutral
        wanted = landmark_histogram(udp_map.xyzv, HISTOGRAM_STEP)
        best = choose_views(self._shows, wanted, self._per_frame)
        return tuple(self._neutral[index] for index in best)

    def _with_expression(
        self, chosen: tuple[int, ...], expressions: Mapping[str, float]
    ) -> tuple[int, ...]:
        weights = {name: expressions.get(name, 0.0) for name in self._expressions}
        strongest = max(weights, key=lambda name: (weights[name], name), default=None)
        if strongest is None or weights[strongest] < EXPRESSION_SHOWS:
            return chosen
        places = list(chosen)
        for index in self._expressions[strongest]:
            turns = [_turn_between(self._views[index], self._views[place]) for place in places]
            places[int(np.argmin(turns))] = index
        return tuple(sorted(places))

    def _view(self, index: int, size: int) -> SheetFeatures:
        key = (index, size)
        if key not in self._single:
            square = _square(self._views[index], size)
            features = self._cache.read(square)
            if features is None:
                drawing = torch.from_numpy(square).permute(2, 0, 1)[None].float() / 255
                features = self._painter.encode(drawing)
                self._cache.write(square, features)
            self._single[key] = features.to(self._painter.device)
            _drop_oldest(self._single, KEPT_VIEWS)
        self._single.move_to_end(key)
        return self._single[key]


def _square(view: SheetView, size: int) -> NDArray[np.uint8]:
    """Cut a drawing as the networks were trained: ``[size, size, 4]`` premultiplied."""
    try:
        crop = find_figure(view.image)
    except SheetError as error:
        raise SheetError(f"the drawing '{view.name}' cannot be painted from: {error}") from error
    square: NDArray[np.uint8] = crop.cut(premultiply(view.image), size)
    return square


def _spread(views: Sequence[SheetView], count: int) -> tuple[int, ...]:
    """Choose ``count`` drawings of the neutral face that together show most of the figure."""
    neutral = [i for i, view in enumerate(views) if view.expression is None] or range(len(views))
    shows = shown([views[index] for index in neutral])
    everything = np.ones(shows.shape[1], np.float32)
    return tuple(neutral[index] for index in choose_views(shows, everything, count))


def _by_expression(views: Sequence[SheetView]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for index, view in enumerate(views):
        if view.expression is not None:
            found.setdefault(view.expression, []).append(index)
    return found


def _turn_between(one: SheetView, other: SheetView) -> float:
    """Return the angle between the sides from which two drawings are seen, radians."""
    return abs(float(np.angle(np.exp(1j * (one.yaw_rad - other.yaw_rad)))))


def _side_by_side(singles: Sequence[SheetFeatures]) -> SheetFeatures:
    return SheetFeatures(
        tuple(torch.cat(tensors) for tensors in zip(*(s.references for s in singles), strict=True)),
        tuple(torch.cat(tensors) for tensors in zip(*(s.features for s in singles), strict=True)),
        torch.cat([single.first_share for single in singles]),
    )


def _drop_oldest(kept: OrderedDict[Key, SheetFeatures], count: int) -> None:
    while len(kept) > count:
        kept.popitem(last=False)
