"""Faces: what other systems speak, each a plug of the kind `citycommons.faces`.

A face is a class with one method, `routes()`, which gives route handlers (or routers of them), as
the portal's own modules do; see `web/app.py` for what a handler is. A face

- reads through `share` only: `share.open`, `share.rows`, `share.packed`, `share.catalogue`;
- says of each handler who may call it (`opt["may"]`), and describes it for the API's own document
  (`opt["operation"]`, made by `web.openapi.operation`; `None` for an address of another spelling);
- may answer POST to programs without a form's token: with `opt["by"] = "key"` a session counts for
  nothing there, so that no other site can use it;
- writes errors in its standard's own form: `exception_handlers=errors.in_form(translate)`.

`check_face` in `check.py` holds a stranger's face to this.
"""
