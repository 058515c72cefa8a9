"""A viewer's profile: what they chose, and the end of all that is kept of them."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Blueprint, Response, request

from holdings.api.identity import Caller, caller
from holdings.settings import Settings

if TYPE_CHECKING:
    from holdings.core.connections import Profile
    from holdings.core.profile_service import ProfileService


def blueprint(settings: Settings, service: "Callable[[], ProfileService]") -> Blueprint:
    routes = Blueprint("profile", __name__)

    def who() -> Caller:
        return caller(request.environ, demo=settings.demo_mode)

    @routes.get("/me")
    def get_profile() -> Response:
        """Show your profile; there is none before your first connection or change."""
        somebody = who()
        return _profile(somebody, service().profile(somebody.viewer))

    @routes.patch("/me")
    def change_profile() -> Response:
        """Change your profile; the first change makes it."""
        from holdings.api import bodies, connection_schemas

        somebody = who()
        given = bodies.body(connection_schemas.ProfileChangeSchema())
        changed = service().change(somebody.viewer, bodies.seen_version(), **given)
        return _profile(somebody, changed)

    @routes.delete("/me")
    def forget_me() -> Response:
        """Forget all that is kept of you: profile, connections, keys and figures."""
        from holdings.api import bodies

        service().forget(who().viewer)
        return bodies.no_content()

    return routes


def _profile(somebody: Caller, profile: "Profile") -> Response:
    from holdings.api import bodies
    from holdings.api.connection_schemas import ProfileSchema

    document = {
        "email": somebody.email,
        "currency": profile.currency,
        "time_zone": profile.time_zone,
        "insights": profile.insights,
        "created_at": profile.created_at,
        "version": profile.version,
    }
    return bodies.reply(ProfileSchema(), document, version=profile.version)
