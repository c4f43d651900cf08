"""Forms: their definitions as data, and the presenters that keep every keystroke."""
