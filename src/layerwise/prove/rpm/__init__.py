"""What rpm keeps of the packages that it installed."""
