"""The commands: thin scripts over functions that tests call."""
