"""`flask run` that ends with the launcher: `python -m local.api --app app run ...`.

The app and its settings are those of any `flask run`. The reloader runs this module again, with
the same arguments.
"""

import logging
import sys

from flask.cli import cli

from local.parent import exit_with_parent

if __name__ == "__main__":
    exit_with_parent()
    # One line a request is enough: the app's own has the request id.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    cli.main(args=sys.argv[1:], prog_name="flask")
