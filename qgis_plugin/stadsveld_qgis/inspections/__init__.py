"""What QGIS tells about inspections: map tips with text and photo, and the work orders that ask for them."""
