"""Sends a value of every shape to `fake/echo`, and what comes back once more."""

import json

from wit_world import WitWorld as World
from wit_world.imports import mcp_server_fake_tools as fake
from wit_world.imports import types


def values(shape, big=2**64 - 1):
    return fake.EchoParams(
        text="line\nand \U0001f980",
        big=big,
        small=-128,
        flag=True,
        level=fake.Level.VERY_HIGH,
        points=[fake.Point(-(2**63), 0.5), fake.Point(2**63 - 1, None)],
        shape=shape,
        labels=[("a", 0), ("b", 2**32 - 1)],
        pair=("left", True),
        nothing=None,
        anything=json.dumps({"deep": [1, None]}),
    )


class WitWorld(World):
    def describe(self) -> types.Description:
        return types.Description("shapes", "Echoes every shape.", None, None)

    def run(self, input: str) -> str:
        if input == '"wrong"':
            # An integer that does not fit into 64 bits.
            fake.echo(values(None, 2**64))
        for shape in [
            fake.Shape_Object(fake.Point(-1, None)),
            fake.Shape_String("grüße"),
            fake.Shape_Array(bytes([0, 255])),
        ]:
            received = fake.echo(values(shape))
            fake.echo(fake.EchoParams(**vars(received)))
        return "null"
