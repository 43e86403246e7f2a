"""What people write, keep and mail to each other: read within limits, checked, written whole."""
