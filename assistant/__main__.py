"""`python -m assistant` is `xiaoben`."""

import sys

from assistant.cli import main

sys.exit(main())
