"""Runs the Pulumi program against the emulated AWS, without the Pulumi CLI.

The program is the one that `pulumi up` runs. Each resource that it registers is made or updated
by a handler of its type with boto3; a type, or an argument, that none of them knows is an error,
so that nothing of the program is dropped silently.
"""

from local.provision.aws import Aws
from local.provision.program import provision

__all__ = ["Aws", "provision"]
