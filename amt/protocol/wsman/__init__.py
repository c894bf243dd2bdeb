"""WS-Management as AMT speaks it: codec, session, one module per class family."""
