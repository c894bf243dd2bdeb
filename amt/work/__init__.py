"""What workers do with AMT devices, apart from power."""

from amt.work.connection import run_connection_items

__all__ = ["run_connection_items"]
