"""The entry of `flask run` (app) and of Lambda (handler)."""

from holdings import cold_start

with cold_start.quick_imports():
    from holdings import create_app
    from holdings.api.lambda_handler import make_lambda_handler

    app = create_app()
    handler = make_lambda_handler(app)
