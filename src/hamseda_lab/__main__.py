"""Run the lab's commands: python -m hamseda_lab."""

import sys

from hamseda_lab.cli import main

sys.exit(main())
