"""Start a fleet alone, in the foreground: ``python -m amt.simulator --devices 24``."""

import sys

from .command_line import main

sys.exit(main())
