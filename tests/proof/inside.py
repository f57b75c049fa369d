"""Runs in the room: tries ways out, as the proof does, and captures. `NAMES REACH NAMES`, as JSON."""

import json
import sys
from dataclasses import asdict, replace
from tempfile import TemporaryDirectory

from assistant.config import Config
from assistant.proof import silence
from assistant.proof.capture import Capture
from assistant.proof.escapes import ESCAPES
from assistant.proof.proof import Order, surroundings, try_out


def main(names: list[str], reach: dict[str, list[str]], open_names: list[str]) -> None:
    with TemporaryDirectory() as one, TemporaryDirectory() as two, TemporaryDirectory() as three:
        config = Config().model_dump(mode="json")
        order = Order(config, reach, [one], runtime=one, temporary=two, private=three)
        with Capture() as capture, surroundings(order) as free:
            outside = replace(free, programs=[free.relays[0]])
            fenced = [asdict(try_out(outside, reach, ESCAPES[name])) for name in names]
            unfenced = [asdict(try_out(outside, None, ESCAPES[name])) for name in open_names]
            missed = silence.control(capture)
    json.dump({"fenced": fenced, "unfenced": unfenced, "missed": missed}, sys.stdout)


if __name__ == "__main__":
    main(*map(json.loads, sys.argv[1:]))
