"""Readers of other people's data: base registers, own registers, sensors, digital twins."""
