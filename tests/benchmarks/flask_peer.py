"""A list as other recommenders for Lidarr serve it: a Flask view that returns what is in memory."""

import json
import os
from pathlib import Path

from flask import Flask, Response, jsonify

app = Flask(__name__)
ITEMS = json.loads(Path(os.environ["LIST_FILE"]).read_text(encoding="utf-8"))


@app.get("/lists/<slug>")
def custom_list(slug: str) -> Response:
    return jsonify(ITEMS)
