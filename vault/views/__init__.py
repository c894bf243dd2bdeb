"""The pages of the vault: one module per subject."""
