"""Who drives where: user equilibrium on a network, what a change does to it, whose trips they are.

Wardrop's first principle (1952): no used route of a pair takes longer than another one.
Its functions load numba when they are first asked for; its types do not.
"""

from typing import TYPE_CHECKING

from citycommons.act.assignment.types import Change, Demand, Equilibrium, Route, Unserved

if TYPE_CHECKING:
    from citycommons.act.assignment.equilibrium import solve
    from citycommons.act.assignment.reading import od_gradient, path_flows, select_link, skims
    from citycommons.act.assignment.storage import load, save
    from citycommons.act.assignment.whatif import change

__all__ = [
    "Change",
    "Demand",
    "Equilibrium",
    "Route",
    "Unserved",
    "change",
    "load",
    "od_gradient",
    "path_flows",
    "save",
    "select_link",
    "skims",
    "solve",
]

_WHERE = {
    "change": "whatif",
    "load": "storage",
    "od_gradient": "reading",
    "path_flows": "reading",
    "save": "storage",
    "select_link": "reading",
    "skims": "reading",
    "solve": "equilibrium",
}


def __getattr__(name: str) -> object:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
