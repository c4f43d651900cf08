"""The inspector's app: a map, forms and one sync button that work without a network (Kivy).

Presenters hold every decision and know no Kivy; the views beside them bind and draw.
"""
