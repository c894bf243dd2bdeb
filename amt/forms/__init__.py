"""Forms of Intel AMT, one module per subject."""
