"""Set-up and configuration over WS-Management: one module for each service of the firmware."""
