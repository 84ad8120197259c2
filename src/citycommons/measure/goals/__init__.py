"""The benefits ledger: what data are for, how it is measured, and how far it is proven.

`ledger` is its front: other rooms and doors import from there.
"""
