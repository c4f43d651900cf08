"""Jobs that join readers, norms or designs with the store: imports, the demo district, the condition."""
