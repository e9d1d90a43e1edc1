#!/usr/bin/env python3
"""Prints what transformers' Depth Anything gives for weights made by a formula: the numbers in
`crates/pellucid-nets/tests/depth.rs`.

    python3 -m venv ../peers && ../peers/bin/pip install torch transformers
    ../peers/bin/python tools/peers/depth.py
"""
import math

import torch
from transformers import DepthAnythingConfig, DepthAnythingForDepthEstimation, Dinov2Config

WIDTH, BLOCKS, SIDE, MAPS, FEATURES, LAST = 128, 8, 5, [8, 12, 16, 20], 8, 6
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def filled(shape, place, size):
    """Numbers that follow a sine, their phase from the tensor's place among the sorted keys."""
    count = math.prod(shape)
    values = [size * math.sin(0.7 * i + 1.3 * place) for i in range(count)]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)


def shapes():
    found = {"pretrained.cls_token": (1, 1, WIDTH), "pretrained.pos_embed": (1, SIDE * SIDE + 1, WIDTH)}

    def conv(key, source, target, kernel):
        found[f"{key}.weight"], found[f"{key}.bias"] = (target, source, kernel, kernel), (target,)

    def linear(key, source, target):
        found[f"{key}.weight"], found[f"{key}.bias"] = (target, source), (target,)

    def norm(key):
        found[f"{key}.weight"], found[f"{key}.bias"] = (WIDTH,), (WIDTH,)

    conv("pretrained.patch_embed.proj", 3, WIDTH, 14)
    for i in range(BLOCKS):
        block = f"pretrained.blocks.{i}"
        for part, scale in (("norm1", "ls1"), ("norm2", "ls2")):
            norm(f"{block}.{part}")
            found[f"{block}.{scale}.gamma"] = (WIDTH,)
        linear(f"{block}.attn.qkv", WIDTH, 3 * WIDTH)
        linear(f"{block}.attn.proj", WIDTH, WIDTH)
        linear(f"{block}.mlp.fc1", WIDTH, 4 * WIDTH)
        linear(f"{block}.mlp.fc2", 4 * WIDTH, WIDTH)
    norm("pretrained.norm")
    for i, width in enumerate(MAPS):
        conv(f"depth_head.projects.{i}", WIDTH, width, 1)
        found[f"depth_head.scratch.layer{i + 1}_rn.weight"] = (FEATURES, width, 3, 3)
        fusion = f"depth_head.scratch.refinenet{i + 1}"
        for unit in ("resConfUnit1", "resConfUnit2"):
            conv(f"{fusion}.{unit}.conv1", FEATURES, FEATURES, 3)
            conv(f"{fusion}.{unit}.conv2", FEATURES, FEATURES, 3)
        conv(f"{fusion}.out_conv", FEATURES, FEATURES, 1)
    for i, kernel in ((0, 4), (1, 2), (3, 3)):
        conv(f"depth_head.resize_layers.{i}", MAPS[i], MAPS[i], kernel)
    conv("depth_head.scratch.output_conv1", FEATURES, FEATURES // 2, 3)
    conv("depth_head.scratch.output_conv2.0", FEATURES // 2, LAST, 3)
    conv("depth_head.scratch.output_conv2.2", LAST, 1, 1)
    return found


def weights():
    found = {}
    for place, (key, shape) in enumerate(sorted(shapes().items())):
        inputs = math.prod(shape[1:]) if len(shape) > 1 else 1
        size = 1.5 / math.sqrt(inputs) if len(shape) > 1 else 0.3
        found[key] = filled(shape, place, size)
        if len(shape) == 1 and (".norm" in key or "gamma" in key) and not key.endswith("bias"):
            found[key] += 1
    # The last maps are cut off at 0: most of them should not be.
    found["depth_head.scratch.output_conv2.0.bias"] += 4
    found["depth_head.scratch.output_conv2.2.bias"] += 4
    return found


def renamed(weights):
    found = {}
    for key, value in weights.items():
        if ".attn.qkv." in key:
            block, part = key.split(".")[2], key.rsplit(".", 1)[1]
            for name, third in zip("qkv", value.chunk(3)):
                found[f"backbone.encoder.layer.{block}.attention.{name}_proj.{part}"] = third
            continue
        for old, new in (
            ("pretrained.cls_token", "backbone.embeddings.cls_token"),
            ("pretrained.pos_embed", "backbone.embeddings.position_embeddings"),
            ("pretrained.patch_embed.proj", "backbone.embeddings.patch_embeddings.projection"),
            ("pretrained.norm.", "backbone.layernorm."),
            ("pretrained.blocks.", "backbone.encoder.layer."),
            (".attn.proj.", ".attention.o_proj."),
            (".ls1.gamma", ".layer_scale1.lambda1"),
            (".ls2.gamma", ".layer_scale2.lambda1"),
            ("depth_head.scratch.output_conv1", "head.conv1"),
            ("depth_head.scratch.output_conv2.0", "head.conv2"),
            ("depth_head.scratch.output_conv2.2", "head.conv3"),
            (".resConfUnit", ".residual_layer"),
            (".out_conv.", ".projection."),
        ):
            key = key.replace(old, new)
        for i in range(4):
            key = key.replace(f"depth_head.projects.{i}.", f"neck.reassemble_stage.layers.{i}.projection.")
            key = key.replace(f"depth_head.resize_layers.{i}.", f"neck.reassemble_stage.layers.{i}.resize.")
            key = key.replace(f"depth_head.scratch.layer{i + 1}_rn.", f"neck.convs.{i}.")
            key = key.replace(f"depth_head.scratch.refinenet{i + 1}.", f"neck.fusion_stage.layers.{3 - i}.")
        if ".residual_layer" in key:
            key = key.replace(".conv1.", ".convolution1.").replace(".conv2.", ".convolution2.")
        found[key] = value
    return found


def main():
    backbone = Dinov2Config(
        hidden_size=WIDTH, num_hidden_layers=BLOCKS, num_attention_heads=WIDTH // 64, image_size=14 * SIDE,
        patch_size=14, out_indices=[2, 4, 6, 8], apply_layernorm=True, reshape_hidden_states=False)
    model = DepthAnythingForDepthEstimation(DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=WIDTH, neck_hidden_sizes=MAPS, fusion_hidden_size=FEATURES,
        head_hidden_size=LAST)).eval()
    missing, unexpected = model.load_state_dict(renamed(weights()), strict=False)
    assert set(missing) <= {"backbone.embeddings.mask_token"} and not unexpected, (missing, unexpected)
    picture = filled((1, 3, 14 * SIDE, 14 * SIDE), 0, 0.5) + 0.5
    colours = lambda values: torch.tensor(values).reshape(1, 3, 1, 1)
    with torch.inference_mode():
        depth = model((picture - colours(MEAN)) / colours(DEVIATION)).predicted_depth.flatten()
    print(depth.min(), depth.max(), [round(float(v), 5) for v in depth[::449]])


main()
