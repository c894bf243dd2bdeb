"""What people ask of the power of devices: rows, rights and audit. Devices are never talked to here."""
