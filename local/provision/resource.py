"""One resource of the program, and how most types are made: once, and updated after that."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import ClientError

from local.provision.aws import Aws, Names, UnknownInput, member, shaped

# Where boto3 has another name for an API than Pulumi.
_SERVICES = {
    "cognito": "cognito-idp",
    "cloudwatch/logGroup": "logs",
    "cloudwatch/logMetricFilter": "logs",
}
# What an update repeats of what was read, so that it undoes nobody else's.
_REVISIONS = {"IfMatch": "ETag", "LockToken": "LockToken"}

# What is known of a resource: arguments and answers, named as the API has them.
Facts = dict[str, Any]
# The physical id, and what the provider would compute.
Made = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Resource:
    """One of `type`, such as "aws:sns/topic:Topic".

    Of its `inputs` each is taken once, and what is left is refused. `known_id` is of the last
    run; `id_is_chosen` turns true if AWS chose it, so that it has to be remembered.
    """

    type: str
    name: str
    inputs: dict[str, Any]
    aws: Aws
    known_id: str | None = None
    default_tags: Mapping[str, str] = field(default_factory=dict[str, str])
    id_is_chosen: bool = field(default=False, init=False)

    @property
    def service(self) -> str:
        path = self.type.split(":")[1]
        module = path.split("/")[0]
        return _SERVICES.get(path) or _SERVICES.get(module, module)

    @property
    def client(self) -> Any:
        return self.aws.client(self.service)

    def take(self, name: str, default: Any = None) -> Any:
        return self.inputs.pop(name, default)

    def rest(self) -> dict[str, Any]:
        """Take all that is left but the tags."""
        return {name: self.take(name) for name in list(self.inputs) if name != "tags"}

    def tags(self) -> dict[str, str]:
        """Take the resource's own tags; the stack's stand beside them."""
        return {**self.default_tags, **self.take("tags", {})}

    def do(self, operation: str, **given: Any) -> Any:
        """Call the API with arguments in Pulumi's names or its own. Raises UnknownInput."""
        takes = self.aws.takes(self.service, operation)
        return getattr(self.client, operation)(**shaped(given, takes))

    def found(self, operation: str, **key: Any) -> Any:
        """Return what `operation` answers, or None if there is no such thing."""
        try:
            return self.do(operation, **key)
        except ClientError as error:
            answer: Any = error.response
            missing = answer["ResponseMetadata"]["HTTPStatusCode"] == 404
            if missing or answer["Error"]["Code"].endswith("NotFoundException"):
                return None
            raise

    def tag(self, identifier: str) -> None:
        common = "tag_resource"
        operation = common if hasattr(self.client, common) else f"tag_{self._kind}"
        # It takes two members: what is tagged, and with what.
        (what, _), (tags, shape) = self.aws.takes(self.service, operation).members.items()
        given: Any = self.tags()
        if shape.type_name == "structure":
            given = {"items": given}
        self.do(operation, **{what: identifier, tags: given})

    def make(
        self,
        *key: str,
        via: str = "",
        read: str = "get",
        update: str = "",
        also: tuple[str, ...] = (),
        names: Names | None = None,
        fixed: tuple[str, ...] = (),
        into: str = "",
        **more: Any,
    ) -> Facts:
        """Make what is not there, or update it, with `more` and all arguments that are left.

        With create_<type>, update_<type> and <read>_<type>; the last two find it by the members
        `key`. One that no argument gives, AWS chose in the last run, or it is the name. Or `via`
        the one operation that does both. After it come the operations `also`.

        An argument goes to each operation that has a member for it, what else that requires is a
        fact; arguments that none has go `into` a member of the first. `names` are the API's where
        they differ, `fixed` the members that no update can change. Raises UnknownInput for what
        would be dropped otherwise.
        """
        names, create = names or {}, via or f"create_{self._kind}"
        update = update or f"update_{self._kind}"
        given = self._given((create, *also), names, into, more)
        facts = given[create]
        self.id_is_chosen = not facts.keys() >= set(key)
        found_by = {part: facts.get(part, self.known_id or facts.get("Name")) for part in key}
        findable = not via and all(found_by.values())
        known = self.found(f"{read}_{self._kind}", **found_by) if findable else None
        if known is None:
            facts = _facts(facts, self._call(create, facts))
        else:
            elsewhere = {*key, *fixed}.union(*(given[operation] for operation in also))
            changes = self._changes(update, facts, known, elsewhere) | found_by
            facts = _facts(facts | found_by, known, self._call(update, changes))
        for part in key:  # Cognito answers with an Id and asks for a UserPoolId
            facts.setdefault(part, facts.get("Id"))
        for operation in also:
            if given[operation]:
                needed = self.aws.takes(self.service, operation).required_members
                given_too = {part: facts[part] for part in needed if part in facts}
                self._call(operation, given_too | given[operation])
        return facts

    def _given(
        self, operations: tuple[str, ...], names: Names, into: str, more: Mapping[str, Any]
    ) -> dict[str, Facts]:
        """Return what each operation is given."""
        inputs = {**more, **self.rest()}
        takes = {operation: self.aws.takes(self.service, operation) for operation in operations}
        first = takes[operations[0]]
        inner = first.members[into] if into else first
        if member(inner, names.get("name", "name")):
            inputs.setdefault("name", self.name)  # as Pulumi does
        left, given = set(inputs), dict[str, Facts]()
        for operation, shape in takes.items():
            own = {n: v for n, v in inputs.items() if member(shape, names.get(n, n))}
            given[operation] = shaped(own, shape, names)
            left -= own.keys()
        if into:
            given[operations[0]][into] = shaped({n: inputs[n] for n in left}, inner, names)
        elif left:
            raise UnknownInput(sorted(left))
        return given

    def _changes(self, update: str, given: Facts, known: Facts, elsewhere: set[str]) -> Facts:
        takes = self.aws.takes(self.service, update).members
        if lost := sorted(given.keys() - takes.keys() - elsewhere):
            raise UnknownInput(f"how to change {lost}")
        revisions = {part: known[of] for part, of in _REVISIONS.items() if part in takes}
        return {part: value for part, value in given.items() if part in takes} | revisions

    def _call(self, operation: str, given: Facts) -> Any:
        return getattr(self.client, operation)(**given)

    @property
    def _kind(self) -> str:
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.type.split(":")[-1]).lower()


Handler = Callable[[Resource], Made]


def made(
    *key: str,
    id: str = "",  # noqa: A002 - Pulumi's word
    first: Callable[[Resource], object] | None = None,
    outputs: Mapping[str, str] | None = None,
    tagged: str = "",
    **how: Any,
) -> Handler:
    """Return the handler of a type that `Resource.make` makes, after `first`.

    The id, which else is the last part of the key, the `outputs`, and what is `tagged`, are filled
    in from the facts and from account, region and endpoint.
    """

    def handle(resource: Resource) -> Made:
        if first:
            first(resource)
        aws, facts = resource.aws, resource.make(*key, **how)
        facts |= {"account": aws.account_id, "region": aws.region, "endpoint": aws.endpoint_url}
        computed = {name: text.format(**facts) for name, text in (outputs or {}).items()}
        if tagged:
            resource.tag(tagged.format(**facts, **computed))
        return id.format(**facts) or facts[key[-1]], computed

    return handle


def _facts(given: Facts, *answers: Mapping[str, Any]) -> Facts:
    """Join them, with the members of each block of an answer beside it."""
    facts: Facts = {}
    for answer in answers:
        for block in answer.values():
            if isinstance(block, Mapping):
                facts |= cast("Mapping[str, Any]", block)
        facts |= answer
    return facts | given
