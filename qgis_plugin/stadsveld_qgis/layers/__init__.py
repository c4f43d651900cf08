"""The store's entities as QGIS layers: styled, with proper forms, kept in step with the store."""
