#!/usr/bin/env python3
"""Prints what a union ControlNet gives in PyTorch for weights made by a formula: the numbers in
`crates/pellucid-nets/tests/union_controlnet.rs`.

    python3 -m venv ../peers && ../peers/bin/pip install torch diffusers transformers
    ../peers/bin/python tools/peers/union_controlnet.py

The modules are those of diffusers.  They are put together as ComfyUI does: the transformer sees the picture's
token alone, where diffusers also shows it one of the noisy latent.
"""
import math

import torch
from diffusers import ControlNetUnionModel

WIDTH, TOKEN, LABEL, SORTS = 64, 128, 64 + 6 * 256, 8


def filled(shape, place, size):
    """Numbers that follow a sine, their phase from the tensor's place among the sorted keys."""
    values = [size * math.sin(0.7 * i + 1.3 * place) for i in range(math.prod(shape))]
    return torch.tensor(values, dtype=torch.float64).to(torch.float32).reshape(shape)


def fill(model):
    weights = model.state_dict()
    for place, key in enumerate(sorted(weights)):
        shape = tuple(weights[key].shape)
        inputs = math.prod(shape[1:])
        weights[key] = filled(shape, place, 1.5 / math.sqrt(inputs) if len(shape) > 1 else 0.3)
        if len(shape) == 1 and key.endswith("weight"):
            weights[key] += 1
    model.load_state_dict(weights)


def forward(model, x, t, context, label, hint, sort):
    embedding = model.time_embedding(model.time_proj(t))
    told = torch.zeros(SORTS)
    if sort is not None:
        told[sort] = 1.0
    embedding = embedding + model.control_add_embedding(model.control_type_proj(told).reshape(1, -1))
    embedding = embedding + model.add_embedding(label)
    features = model.controlnet_cond_embedding(hint)
    if sort is not None:
        token = (features.mean(dim=(2, 3)) + model.task_embedding[sort]).unsqueeze(1)
        for block in model.transformer_layes:
            token = block(token)
        features = features + model.spatial_ch_projs(token[:, 0])[:, :, None, None]
    h = model.conv_in(x) + features
    skips = (h,)
    for block in model.down_blocks:
        if hasattr(block, "attentions"):
            h, more = block(hidden_states=h, temb=embedding, encoder_hidden_states=context)
        else:
            h, more = block(hidden_states=h, temb=embedding)
        skips += more
    h = model.mid_block(h, embedding, encoder_hidden_states=context)
    return [conv(skip) for conv, skip in zip(model.controlnet_down_blocks, skips)], model.controlnet_mid_block(h)


def main():
    model = ControlNetUnionModel(
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        block_out_channels=(WIDTH,) * 3, layers_per_block=1, transformer_layers_per_block=(0, 1, 2),
        attention_head_dim=(1, 1, 1), cross_attention_dim=TOKEN, use_linear_projection=True,
        addition_embed_type="text_time", addition_time_embed_dim=256, projection_class_embeddings_input_dim=LABEL,
        conditioning_embedding_out_channels=(16, 32, 96, 256), num_control_type=SORTS, num_trans_channel=WIDTH,
        num_proj_channel=WIDTH).eval()
    fill(model)
    x, context = filled((1, 4, 8, 6), 0, 1.0), filled((1, 5, TOKEN), 1, 1.0)
    label, hint = filled((1, LABEL), 2, 1.0), filled((1, 3, 64, 48), 3, 0.5) + 0.5
    with torch.inference_mode():
        for sort in (None, 3, 7):
            skips, middle = forward(model, x, torch.tensor([371.0]), context, label, hint, sort)
            some = (skips[0].flatten()[100], skips[4].flatten()[77], *middle.flatten()[::45])
            print(sort, [round(float(v), 5) for v in some])


main()
