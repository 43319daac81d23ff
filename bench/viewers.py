"""As whom benchmarks ask."""

from __future__ import annotations

from graph.policy import EVERYWHERE, Clearance, Role, Viewer

EVERYTHING = Viewer(name="bench", roles=frozenset(Role), divisions=(EVERYWHERE,), clearances=frozenset(Clearance))
"""Sees and does all that anybody may."""
