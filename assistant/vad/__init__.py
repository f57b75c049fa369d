"""Speech or not."""
