"""One resource of the program, and how most types are made: once, and updated after that."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from botocore.exceptions import ClientError

from local.provision.aws import Aws, Names, UnknownInput, member, shaped
from local.settings import LocalError

# Where boto3 has another name for an API than Pulumi.
_SERVICES = {
    "cognito": "cognito-idp",
    "cloudwatch/eventRule": "events",
    "cloudwatch/eventTarget": "events",
    "cloudwatch/logGroup": "logs",
    "cloudwatch/logMetricFilter": "logs",
}
_MISSING = ("NotFoundException", "NonexistentItemException")
# What an update repeats of what was read, so that it undoes nobody else's.
_REVISIONS = {"IfMatch": "ETag", "LockToken": "LockToken"}

# What is known of a resource: arguments and answers, named as the API has them.
Facts = dict[str, Any]
# The physical id, and what the provider would compute.
Made = tuple[str, dict[str, Any]]


@dataclass(slots=True)
class Resource:
    """One of `type`, such as "aws:sns/topic:Topic", with arguments that are taken once each.

    `known_id` is of the last run; `id_is_chosen` turns true if AWS chose it: to be remembered.
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
    def kind(self) -> str:
        """The type as operations are named: "api_mapping"."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", self.type.split(":")[-1]).lower()

    @property
    def client(self) -> Any:
        return self.aws.client(self.service)

    def takes(self, operation: str) -> Any:
        return self.aws.model(self.service, operation).input_shape

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
        return getattr(self.client, operation)(**shaped(given, self.takes(operation)))

    def found(self, operation: str, **key: Any) -> Any:
        """Return what `operation` answers, or None if there is no such thing."""
        try:
            return self.do(operation, **key)
        except ClientError as error:
            answer: Any = error.response
            missing = answer["ResponseMetadata"]["HTTPStatusCode"] == 404
            if missing or answer["Error"]["Code"].endswith(_MISSING):
                return None
            raise

    def facts(self, operation: str, answer: Mapping[str, Any]) -> Facts:
        """Return an answer with the members of its blocks beside it."""
        model = self.aws.model(self.service, operation).output_shape
        blocks: Mapping[str, Any] = model.members if model else {}
        facts: Facts = {}
        for name, block in answer.items():
            if name in blocks and blocks[name].type_name == "structure":
                facts |= block
        return facts | dict(answer)

    def tag(self, identifier: str) -> None:
        common = "tag_resource"
        operation = common if hasattr(self.client, common) else f"tag_{self.kind}"
        # It takes two members: what is tagged, and with what.
        (what, _), (tags, shape) = self.takes(operation).members.items()
        given: Any = self.tags()
        if shape.type_name == "structure":
            given = {"items": given}
        self.do(operation, **{what: identifier, tags: given})


Handler = Callable[[Resource], Made]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """The handler of most types: create_<kind>, or what <read>_<kind> finds is updated.

    An argument goes to each operation that has a member for it. Raises UnknownInput for one that
    none has or that no update can change, and LocalError if what is kept would have to be replaced.
    """

    # The members that it is found by. One that no argument gives, AWS chose in the last run, or
    # it is the name.
    key: tuple[str, ...] = ()
    # "describe", say, or the whole operation.
    read: str = "get"
    # Where that is not update_<kind>.
    update: str = ""
    # The one operation that makes and updates, instead of all these.
    via: str = ""
    # What is called after it, if all that it requires is an argument or a fact.
    also: tuple[str, ...] = ()
    # What is done to the arguments before.
    first: Callable[[Resource], object] | None = None
    # What arguments that are left out go back to.
    unset: Mapping[str, Any] = field(default_factory=dict[str, Any])
    names: Names = field(default_factory=dict[str, str])
    # The members that are for the making alone.
    fixed: tuple[str, ...] = ()
    # The member that arguments belong in which are not the operation's own.
    into: str = ""
    # Filled in from the facts, and from account, region and endpoint; the id without this is
    # the last part of the key.
    id: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict[str, str])
    # What is given the tags: so filled in too.
    tagged: str = ""

    def __call__(self, resource: Resource) -> Made:
        if self.first:
            self.first(resource)
        aws, given = resource.aws, self._given(resource)
        facts = self._made(resource, *given.values())
        for part in self.key:  # Cognito answers with an Id and asks for a UserPoolId
            facts.setdefault(part, facts.get("Id"))
        for operation in self.also:
            known = {**facts, **given[operation]}
            needed = resource.takes(operation).required_members
            if known.keys() >= set(needed):
                members = {part: known[part] for part in needed} | given[operation]
                getattr(resource.client, operation)(**members)
        facts |= {"account": aws.account_id, "region": aws.region, "endpoint": aws.endpoint_url}
        outputs = {name: text.format(**facts) for name, text in self.outputs.items()}
        if self.tagged:
            resource.tag(self.tagged.format(**facts, **outputs))
        return self.id.format(**facts) or facts[self.key[-1]], outputs

    def _given(self, resource: Resource) -> dict[str, Facts]:
        """Return what each operation is given, the first of which makes the resource."""
        inputs = {**self.unset, **resource.rest()}
        operations = self.via or f"create_{resource.kind}", *self.also
        takes = {operation: resource.takes(operation) for operation in operations}
        first = takes[operations[0]]
        inner = first.members[self.into] if self.into else first
        short = f"{resource.kind.split('_')[-1]}Name"  # "name" of a stage is its StageName
        names = {"name": short, **self.names} if member(inner, short) else self.names
        called = member(inner, names.get("name", "name"))
        if called and called not in {member(inner, names.get(n, n)) for n in inputs}:
            inputs["name"] = resource.name  # as Pulumi does
        left, given = set(inputs), dict[str, Facts]()
        for operation, shape in takes.items():
            own = {n: v for n, v in inputs.items() if member(shape, names.get(n, n))}
            given[operation] = shaped(own, shape, names)
            left -= own.keys()
        if self.into:
            nested = {name: inputs[name] for name in left}
            given[operations[0]][self.into] = shaped(nested, inner, names)
        elif left:
            raise UnknownInput(sorted(left))
        return given

    def _made(self, resource: Resource, given: Facts, *elsewhere: Facts) -> Facts:
        client, kind = resource.client, resource.kind
        make = self.via or f"create_{kind}"
        read = self.read if "_" in self.read else f"{self.read}_{kind}"
        resource.id_is_chosen = not given.keys() >= set(self.key)
        chosen = resource.known_id or given.get("Name")
        key = {part: given.get(part, chosen) for part in self.key}
        known = resource.found(read, **key) if key and all(key.values()) else None
        if known is None:
            return resource.facts(make, getattr(client, make)(**given)) | given
        update = self.update or f"update_{kind}"
        takes = resource.takes(update).members
        lost = sorted(given.keys() - takes.keys() - {*self.key, *self.fixed}.union(*elsewhere))
        if lost:
            raise UnknownInput(f"how to change {lost}")
        now, made_with = resource.facts(read, known), resource.takes(make).members
        for part in given.keys() & now.keys() & {*self.fixed}:
            # A policy is answered parsed, and has an operation of its own.
            comparable = isinstance(given[part], type(now[part]))
            if comparable and not _is_so(now[part], given[part], made_with[part]):
                raise LocalError(
                    f"the {kind} of {resource.name} is kept with another {part}, which cannot be "
                    "changed: `make clean` starts over"
                )
        wanted = {part: value for part, value in given.items() if part in takes}
        if not all(
            _is_so(now.get(part), wanted[part], takes[part]) for part in wanted.keys() - key
        ):
            revisions = {part: known[of] for part, of in _REVISIONS.items() if part in takes}
            now |= resource.facts(update, getattr(client, update)(**wanted | key | revisions))
        return now | given | key


def _is_so(now: Any, wanted: Any, shape: Any) -> bool:
    if shape.type_name != "structure" or not isinstance(now, Mapping):
        return now == wanted
    # Without what answers have besides, such as Lambda's VpcConfig.VpcId.
    answered = cast("Mapping[str, Any]", now)
    block = {part: value for part, value in answered.items() if part in shape.members}
    return block.keys() == wanted.keys() and all(
        _is_so(block[part], wanted[part], shape.members[part]) for part in wanted
    )
