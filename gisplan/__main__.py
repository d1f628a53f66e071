"""``python -m gisplan`` is the command ``gisplan``."""

import sys

from gisplan.cli import main

sys.exit(main())
