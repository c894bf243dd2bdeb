"""What people ask for: rows, rights and audit in one transaction. One module each subject."""
