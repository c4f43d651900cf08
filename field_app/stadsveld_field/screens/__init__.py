"""The screens: for each a presenter without Kivy, a thin view, and its looks in .kv."""
