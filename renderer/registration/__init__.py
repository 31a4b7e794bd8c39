"""Repairs a sheet's landmarks once, when it is encoded: each UDP is moved onto its drawing."""

from renderer.registration.registration import Registration, ViewRegistration, register_drawings

__all__ = ["Registration", "ViewRegistration", "register_drawings"]
