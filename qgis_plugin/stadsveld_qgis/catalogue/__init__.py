"""What comes into the store: imports of the BGT and of registers, and the record of every dataset."""
