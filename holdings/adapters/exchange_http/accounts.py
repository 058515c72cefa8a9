"""All pages of accounts, each account once: a whole reading or none."""

from collections.abc import Callable, Iterable

from holdings.adapters.exchange_http.bounds import Server
from holdings.adapters.exchange_http.replies import is_object
from holdings.core.errors import ExchangeInvalidResponse
from holdings.core.portfolio import Account

MAX_ACCOUNTS = 20_000
# Of ids and currencies together: 36 and 14 for each of 20,000 accounts. What is kept, encoded and
# cached of a reading grows with these alone; an amount has at most 128 digits.
MAX_NAME_CHARACTERS = 1_000_000

# The accounts of one page, and the cursor that asks for the next one: "" on the last.
Page = tuple[list[Account], str]


def read_accounts(
    server: Server, items: Iterable[object], account: Callable[[dict[str, object]], Account]
) -> list[Account]:
    """Read one page's items by `account`, which raises ValueError naming the field.

    One malformed account makes the page invalid: dropping it would show a person less than they
    own.
    """
    accounts: list[Account] = []
    for item in items:
        if len(accounts) == MAX_ACCOUNTS:
            raise _too_many(server)
        number = len(accounts) + 1
        if not is_object(item):
            raise server.invalid(f"has an account {number} that is not an object")
        try:
            accounts.append(account(item))
        except ValueError as error:
            raise server.invalid(
                f"has an account {number} without a usable {error}: try again later"
            ) from None
    return accounts


def all_pages(server: Server, page: Callable[[str], Page], *, most: int) -> list[Account]:
    """Return the accounts of all pages, at most `most` of them; `page("")` reads the first."""
    accounts: dict[str, Account] = {}
    cursor = ""
    for _ in range(most):
        found, cursor = page(cursor)
        known = len(accounts)
        _add(server, accounts, found)
        if not cursor:
            return list(accounts.values())
        if len(accounts) == known:
            raise server.invalid("has pages that repeat themselves: try again later")
    raise server.invalid(f"does not end after {most} pages: try again later")


def _add(server: Server, accounts: dict[str, Account], page: list[Account]) -> None:
    """Take each id once: pages may overlap, but which of two figures is true nobody knows."""
    for account in page:
        if accounts.setdefault(account.id, account) != account:
            raise server.invalid("has an account twice, with other figures: try again later")
    names = sum(len(account.id) + len(account.currency) for account in accounts.values())
    if len(accounts) > MAX_ACCOUNTS or names > MAX_NAME_CHARACTERS:
        raise _too_many(server)


def _too_many(server: Server) -> ExchangeInvalidResponse:
    return server.invalid(f"has more than {MAX_ACCOUNTS} accounts: check {server.setting}")
