"""A corpus as a service: REST, a web page, and MCP."""

from typing import TYPE_CHECKING

from spanwise.lazy import lazy_exports

if TYPE_CHECKING:
    from spanwise.serve.app import create_app as create_app
    from spanwise.serve.mcp import create_mcp as create_mcp
    from spanwise.serve.settings import ServeSettings as ServeSettings

__all__, __getattr__ = lazy_exports(__name__)
