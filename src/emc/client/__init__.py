"""What people do with EMCs on a chain: form, sell, decide, bid, rate, look, prove."""
