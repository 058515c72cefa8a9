"""What CloudFront takes a path for, as plain data: for CloudFront, and for what plays it."""

import re

# A path that ends so is a file's; any other below the page is a place in it.
FILE = re.compile(r"\.[a-z0-9]+$", re.IGNORECASE)

# A path inside the page is no file, and shows the page. Were S3's refusals turned into it, as a
# distribution can, so would be the API's.
PAGE_PATHS = f"""\
function handler(event) {{
  var request = event.request;
  if (!/{FILE.pattern}/i.test(request.uri)) request.uri = "/index.html";
  return request;
}}
"""


def api_paths(prefix: str) -> str:
    """Return the pattern of the API's paths: "/api/*" of the prefix /api/v1."""
    return f"/{prefix.split('/')[1]}/*"
