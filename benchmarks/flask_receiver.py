"""The receiver of CarrierX's guide: a Flask application that reads the callback and stores nothing.

    python -m benchmarks.flask_receiver PORT

Needs the extra `bench`.
"""

from __future__ import annotations

import logging
import sys

from flask import Flask, request

app = Flask(__name__)


@app.route("/callback", methods=["POST"])
def callback() -> str:
    """Take a callback."""
    request.get_json()
    return "OK"


if __name__ == "__main__":
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app.run(host="127.0.0.1", port=int(sys.argv[1]), threaded=True)
