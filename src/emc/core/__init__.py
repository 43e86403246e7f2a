"""What terms mean for money and records: pure computing, without files and without a chain."""
