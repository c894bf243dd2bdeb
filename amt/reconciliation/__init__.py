"""Which discovered Management Engine sits in which managed PC (S90-S96)."""
