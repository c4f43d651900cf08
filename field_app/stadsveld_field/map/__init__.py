"""The map: a camera and scenes without Kivy, and the widget that draws them."""
