"""The browser and API door: routes and templates; parse, call, present."""
