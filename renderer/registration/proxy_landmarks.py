"""The landmarks of drawings, drawn anew from a proxy that was fitted to them."""

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from renderer.registration.proxy_fit import ProxyDrawer, ProxyFit, fit_proxy
from renderer.registration.proxy_view import ProxyView
from renderer.types import CharacterSheet, SheetView
from udp_live.linalg import vec_normalize
from udp_live.rig.framing import view_from_world
from udp_live.rig.rig import Rig


def fitted_avatar(
    rig: Rig, sheet: CharacterSheet, drawer: ProxyDrawer
) -> tuple[Rig, CharacterSheet]:
    """Return proxy and sheet fitted to each other; as they are where nothing can be fitted.

    Args:
        rig: The proxy.
        sheet: Its drawings, with landmarks that may be a little off.
        drawer: Draws the proxy.
    """
    fit = fit_proxy(rig, sheet, drawer)
    if fit is None:
        return rig, sheet
    return fit.rig, refitted_sheet(fit, sheet, drawer)


def refitted_sheet(fit: ProxyFit, sheet: CharacterSheet, drawer: ProxyDrawer) -> CharacterSheet:
    """Return the sheet with the fitted proxy's landmarks under the drawings that it was fitted to.

    *Render thread only.* Holes and shifts of the old landmarks are gone. Other drawings keep
    theirs.
    """
    placed = {view.view.name: view for view in fit.views}
    return replace(sheet, views=tuple(_redrawn(fit, placed, sheet.views, drawer)))


def _redrawn(
    fit: ProxyFit,
    placed: dict[str, ProxyView],
    views: Iterable[SheetView],
    drawer: ProxyDrawer,
) -> Iterable[SheetView]:
    for view in views:
        if view.name in placed:
            yield replace(view, udp=_landmarks(fit, placed[view.name], drawer))
        else:
            yield view


def _landmarks(fit: ProxyFit, placed: ProxyView, drawer: ProxyDrawer) -> NDArray[np.float16]:
    """Draw what lies under a drawing's pixels."""
    height, width = placed.view.udp.shape[:2]
    first = placed.left * height
    whole = math.floor(first)
    viewpoint = placed.viewpoint
    right = vec_normalize(view_from_world(viewpoint)[0, :3].astype(np.float64))
    aside = np.asarray(viewpoint.target) + right * ((first - whole) / height * viewpoint.height_m)
    x, y, z = map(float, aside)
    square = drawer.draw(fit.rig, replace(viewpoint, target=(x, y, z)), height).xyzv
    udp = np.zeros((height, width, 4), np.float16)
    kept = slice(max(whole, 0), min(whole + width, height))
    udp[:, kept.start - whole : kept.stop - whole] = square[:, kept]
    return udp
