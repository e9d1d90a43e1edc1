#!/usr/bin/env python3
"""Prints what spandrel's RRDBNet gives for weights made by a formula: the numbers in
`crates/pellucid-nets/tests/upscaler.rs`.

    python3 -m venv ../peers && ../peers/bin/pip install torch torchvision spandrel
    ../peers/bin/python tools/peers/upscaler.py
"""
import math

import torch
from spandrel import ModelLoader


def filled(shape, place, size):
    """Numbers that follow a sine, their phase from the tensor's place among the sorted keys."""
    count = math.prod(shape)
    values = [size * math.sin(0.7 * i + 1.3 * place) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)


def weights(in_channels, doublings):
    shapes = {}

    def conv(key, source, target):
        shapes[f"{key}.weight"] = (target, source, 3, 3)
        shapes[f"{key}.bias"] = (target,)

    width, growth = 8, 32
    conv("conv_first", in_channels, width)
    for dense in (1, 2, 3):
        for index in range(1, 6):
            conv(f"body.0.rdb{dense}.conv{index}", width + (index - 1) * growth, width if index == 5 else growth)
    conv("conv_body", width, width)
    for index in range(doublings):
        conv(f"conv_up{index + 1}", width, width)
    conv("conv_hr", width, width)
    conv("conv_last", width, 3)
    return {key: filled(shapes[key], place, 0.05) for place, key in enumerate(sorted(shapes))}


def main():
    for in_channels, height, width in [(3, 5, 4), (12, 5, 7)]:
        model = ModelLoader().load_from_state_dict(weights(in_channels, 2))
        picture = filled((1, 3, height, width), 0, 0.5) + 0.5
        with torch.inference_mode():
            found = model.model(picture).flatten()
        print(in_channels, model.scale, tuple(found.shape), [round(float(v), 6) for v in found[:: len(found) // 11]])


main()
