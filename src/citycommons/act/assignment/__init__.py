"""Who drives where: user equilibrium on a network, what a change does to it, whose trips they are.

Wardrop's first principle (1952): no used route of a pair takes longer than another one.
"""
