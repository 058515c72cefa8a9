"""What a mail about alerts says."""

from collections.abc import Sequence
from html import escape

from holdings.core.alerts.events import Event
from holdings.core.clock import iso
from holdings.core.ports import Mail

_MOST_EVENTS = 20
_MOST_CHARACTERS = 300


def mail_of(
    events: Sequence[Event], *, figures: bool, app_name: str, page_url: str, unsubscribe_url: str
) -> Mail:
    """Return one mail about all of them; without `figures` only that there is something to see."""
    shown = events[:_MOST_EVENTS]
    if figures:
        subject = shown[0].title if len(events) == 1 else f"{len(events)} of your alerts fired"
        lines = [f"{_line(one.detail)} ({iso(one.at)})" for one in shown]
        if len(events) > len(shown):
            lines.append(f"And {len(events) - len(shown)} more.")
    else:
        subject = "Something changed: have a look"
        lines = ["One of your alerts fired." if len(events) == 1 else "Some of your alerts fired."]
    look = f"{page_url}/alerts"
    ends = f"You get this since you set alerts in {app_name}."
    text = "\n\n".join([*lines, f"Look: {look}", f"{ends}\nTo stop these mails: {unsubscribe_url}"])
    html = "".join(
        [
            '<!doctype html><html lang="en"><body>',
            *(f"<p>{escape(line)}</p>" for line in lines),
            f'<p><a href="{escape(look)}">Look at your alerts</a></p>',
            f'<p>{escape(ends)} <a href="{escape(unsubscribe_url)}">Stop these mails</a></p>',
            "</body></html>",
        ]
    )
    return Mail(subject, text, html, unsubscribe_url)


def _line(text: str) -> str:
    """A label is anybody's text: one line of it, and not more than fits."""
    return " ".join(text.split())[:_MOST_CHARACTERS]
