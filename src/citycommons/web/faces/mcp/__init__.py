"""MCP: assistants search and read the city's data by the tools of the French open-data server.

The same prompts work on both: names and parameters of the tools are those of datagouv-mcp. All
tools only read, each through the functions the pages use, in the name of whoever sent the key.

References
----------
Model Context Protocol, revision 2025-11-25, transports; revision 2026-07-28.
datagouv-mcp, the server of data.gouv.fr: its tools.
"""

from citycommons.web.faces.mcp.door import HANDLERS, Routes


class Mcp:
    """The face `mcp`: `/mcp`."""

    def routes(self) -> Routes:
        """One address that takes POST."""
        return HANDLERS
