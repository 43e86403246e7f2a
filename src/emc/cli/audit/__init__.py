"""emc audit: its commands."""
