"""What people ask of the power of devices: rows, rights and audit."""
