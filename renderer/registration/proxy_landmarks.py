"""The landmarks of drawings, drawn anew from a proxy that was fitted to them."""

from dataclasses import replace

from renderer.registration.proxy_fit import ProxyFit, fit_proxy
from renderer.registration.proxy_redrawn import ProxyDrawer, redrawn_landmarks
from renderer.registration.proxy_view import ProxyView, proxy_views
from renderer.types import CharacterSheet, SheetView
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
    return replace(view, udp=redrawn_landmarks(rig, placed, drawer))
