"""The pages and dialogs of power."""
