"""Everything against everything: firmware, faults, and bytes that nobody meant.

Each is a program (``./run matrix``, ``./run faults``, ``./run fuzz``) and, smaller, a test.
"""
