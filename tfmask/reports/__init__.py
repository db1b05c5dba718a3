"""Pages and cards that a run leaves."""
