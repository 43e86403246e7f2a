"""What several commands share: options, tables, what is shown and asked."""
