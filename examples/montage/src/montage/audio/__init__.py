"""From a track to the times of its beats."""
