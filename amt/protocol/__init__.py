"""Speak to Intel AMT: plain Python, no Django, no settings, no database."""
