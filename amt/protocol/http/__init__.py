"""HTTP as a Management Engine speaks it: one connection, its digest, its TLS, its pin."""
