"""From a checked store to tables, journals, statements and the report."""
