"""The web pages of one machine, and where they are served."""

from everyword_local.web.routes import web_routes

__all__ = ["web_routes"]
