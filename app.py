"""The entry of `flask run` (app) and of Lambda (handler)."""

import gc

# Imports leave no garbage; looking for it among all that they make takes 7 % of a cold start.
gc.disable()

from holdings import create_app
from holdings.api.lambda_handler import make_lambda_handler

app = create_app()
handler = make_lambda_handler(app)

gc.freeze()
gc.enable()
