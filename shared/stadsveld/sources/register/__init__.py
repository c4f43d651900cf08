"""The municipality's own registers: road sections, structures and sensors, from the files they keep."""

from .mapping import KINDS, Mapping, guess_mapping
from .reader import read_register
from .records import Problem, Record, Register
from .tables import VectorReader, read_table

__all__ = [
    "KINDS",
    "Mapping",
    "Problem",
    "Record",
    "Register",
    "VectorReader",
    "guess_mapping",
    "read_register",
    "read_table",
]
