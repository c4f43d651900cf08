"""`python -m stadsveld.cli` is the command `stadsveld`."""

import sys

from . import main

sys.exit(main())
