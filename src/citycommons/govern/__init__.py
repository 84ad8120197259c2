"""The conscience: (actor, action, thing) becomes yes, or a reason."""
