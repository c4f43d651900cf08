"""Forms: the presenters that keep every keystroke; what a form asks comes from the norm packs."""
