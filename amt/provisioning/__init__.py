"""Set-up and its end, between rows and wire: what a worker reads before, and writes after."""
