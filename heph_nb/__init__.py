"""Drive and understand teams of coding agents from a notebook."""

__version__ = "0.1.0.dev0"
