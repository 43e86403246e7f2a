"""What terms mean for money and records: pure computation, without files and without a chain."""
