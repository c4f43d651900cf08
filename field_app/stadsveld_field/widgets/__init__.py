"""The app's own few widgets: large enough for gloves, coloured by the theme, drawn without pictures."""
