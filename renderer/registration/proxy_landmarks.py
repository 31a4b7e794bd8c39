"""The landmarks of drawings, drawn anew from a proxy that was fitted to them."""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from renderer.registration.proxy_fit import ProxyDrawer, ProxyFit, fit_proxy
from renderer.registration.proxy_view import ProxyView, proxy_views
from renderer.sheet.sheet_drawing import with_expression
from renderer.types import CharacterSheet, SheetView
from udp_live.linalg import vec_normalize
from udp_live.rig.framing import view_from_world
from udp_live.rig.landmarks import canonical_pose
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
    return fit.rig, refitted_sheet(rig, fit, sheet, drawer)


def refitted_sheet(
    rig: Rig, fit: ProxyFit, sheet: CharacterSheet, drawer: ProxyDrawer
) -> CharacterSheet:
    """Return the sheet with the fitted proxy's landmarks under its drawings.

    *Render thread only.* Holes and shifts of the old landmarks are gone. Drawings in a pose that
    nobody knows keep theirs.

    Args:
        rig: The proxy as it was, which the sheet's landmarks were made with.
        fit: What became of it.
        sheet: The drawings.
        drawer: Draws the proxy.
    """
    faces = proxy_views(rig, [view for view in sheet.views if view.expression is not None])
    placed = {found.view.name: found for found in (*fit.views, *faces)}
    views = [_redrawn(fit.rig, placed.get(view.name), view, drawer) for view in sheet.views]
    return replace(sheet, views=tuple(views))


def _redrawn(rig: Rig, placed: ProxyView | None, view: SheetView, drawer: ProxyDrawer) -> SheetView:
    if placed is None or (view.expression and rig.expression_index(view.expression) is None):
        return view
    return replace(view, udp=_landmarks(rig, placed, drawer))


def _landmarks(rig: Rig, placed: ProxyView, drawer: ProxyDrawer) -> NDArray[np.float16]:
    """Draw what lies under the pixels of a drawing; one of an expression ends around the face."""
    pose = with_expression(rig, canonical_pose(rig), placed.view.expression)
    height, width = placed.view.udp.shape[:2]
    first = placed.left * height
    whole = math.floor(first)
    viewpoint = placed.viewpoint
    right = vec_normalize(view_from_world(viewpoint)[0, :3].astype(np.float64))
    aside = np.asarray(viewpoint.target) + right * ((first - whole) / height * viewpoint.height_m)
    x, y, z = map(float, aside)
    square = drawer.draw(rig, pose, replace(viewpoint, target=(x, y, z)), height).xyzv
    udp = np.zeros((height, width, 4), np.float16)
    kept = slice(max(whole, 0), min(whole + width, height))
    udp[:, kept.start - whole : kept.stop - whole] = square[:, kept]
    if placed.view.expression is not None:
        udp[placed.view.image[..., 3] == 0] = 0
    return udp
