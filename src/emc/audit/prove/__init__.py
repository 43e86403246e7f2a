"""From the store to a verdict, with code that is written for the audit alone."""
