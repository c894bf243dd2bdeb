"""What devices tell without being asked: live alerts, and the alerts in their event logs."""
