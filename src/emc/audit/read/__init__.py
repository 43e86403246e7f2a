"""From a node into the store: answers that are checked, logs that become lines."""
