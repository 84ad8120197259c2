"""Actions on API tokens, which are the portal's keys: made by a person who signed in, by no key."""

from typing import Any

from citycommons.core.errors import NotFound
from citycommons.core.types import ActorId
from citycommons.govern import keys
from citycommons.govern.access import Action, allows_anywhere
from citycommons.store.people import Key
from citycommons.web.faces.ckan.call import Act, Call, Wrong

_OPEN = (Action.DISCOVER, Action.READ)


def api_token_create(call: Call) -> object:
    """Make a token. `user`: one's own id; `name`: what it is for; `scopes`: what it may do, all of
    one's own rights on data if none is named; `expires_in`, in days.
    """
    with call.work(may_write=True) as work:
        scopes = call.texts("scopes") or tuple(
            one.value
            for one in (*_OPEN, Action.DESCRIBE, Action.PUBLISH, Action.WITHDRAW)
            if one in _OPEN or allows_anywhere(work.actor, one)
        )
        made = keys.create(
            work,
            label=call.needed("name"),
            scopes=scopes,
            days=call.whole("expires_in", keys.DAYS, least=1),
            owner=ActorId(call.text("user")) if call.text("user") else None,
        )
    return {"token": made.text}


def api_token_list(call: Call) -> object:
    """One's tokens. `user_id`: one's own id."""
    owner = call.text("user_id") or call.text("user")
    with call.work() as work:
        found = keys.keys(work, ActorId(owner) if owner else None)
    return [_told(one) for one in found if one.revoked is None]


def _told(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.label,
        "user_id": key.actor,
        "created_at": key.created.isoformat(),
        "last_access": key.used.isoformat() if key.used else None,
        "expires_at": key.expires.isoformat() if key.expires else None,
        "scopes": list(key.scopes or ()),
    }


def api_token_revoke(call: Call) -> object:
    """End a token. `jti`: its id; or `token`: itself."""
    id = call.text("jti") or call.text("token").removeprefix(f"{keys.PREFIX}_").partition("_")[0]
    if not id:
        raise Wrong(jti="Missing value")
    with call.work(may_write=True) as work:
        if id not in {one.id for one in keys.keys(work)}:
            raise NotFound("API token was not found.")
        keys.revoke(work, id)
    return None


ACTIONS = {
    "api_token_create": Act(run=api_token_create, reads=False),
    "api_token_list": Act(run=api_token_list),
    "api_token_revoke": Act(run=api_token_revoke, reads=False),
}
