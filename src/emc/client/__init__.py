"""What can be done with EMCs on a chain: form, sell, decide, bid, rate, inspect, prove."""
