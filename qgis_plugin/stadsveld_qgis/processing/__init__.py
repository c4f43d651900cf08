"""The plugin's work as Processing algorithms, for models, batches and the command line of QGIS."""
