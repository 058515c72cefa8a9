"""A route's pattern, matched from the first request and compiled for `url_for` when it is used."""

from collections.abc import Callable

from werkzeug.routing import Rule


class MatchedRule(Rule):
    """A rule that costs a start only what matching needs.

    Werkzeug compiles two functions of Python for each rule, so that `url_for` is quick. This API
    builds no address, and they were four fifths of `create_app`.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compiled = super()._compile_builder

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            return compiled(append_unknown)(rule, **values)

        return build
