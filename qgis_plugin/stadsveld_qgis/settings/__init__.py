"""What is remembered, and how this QGIS and other devices reach the central store."""
