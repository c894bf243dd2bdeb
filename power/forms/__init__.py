"""Text into orders, schedules and pauses."""
