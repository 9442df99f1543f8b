"""``python -m waterbal`` is ``waterbal``."""

from waterbal.cli.main import main

main()
