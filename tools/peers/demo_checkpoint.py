#!/usr/bin/env python3
"""Shows that diffusers reads a checkpoint made by `pellucid train` and makes the same picture of it.

    python3 -m venv ../peers && ../peers/bin/pip install torch diffusers transformers safetensors numpy pillow
    cargo build --release
    ../peers/bin/python tools/peers/demo_checkpoint.py models/checkpoints/demo/pellucid.safetensors

The checkpoint is split by diffusers' own conversion.  Both sides draw the noise from torch's stream of the seed
and take the same steps (Euler, the plain schedule of SD1.5, guidance), in f32.  It prints how far apart the pictures are, in steps of
256, and fails when a value is off by more than two of them.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from diffusers.loaders import single_file_utils as single_file
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPTextConfig, CLIPTextModel

ROOT = pathlib.Path(__file__).resolve().parents[2]


def byte_token(byte):
    for low, high, start in ((33, 126, 0), (161, 172, 94), (174, 255, 106), (0, 32, 188), (127, 160, 221)):
        if low <= byte <= high:
            return byte - low + start
    return 255


def tokens(text):
    data = (ROOT / "crates/pellucid-nets/src/text/clip_merges.bin").read_bytes()
    ranks = {pair: 512 + rank for rank, pair in enumerate(struct.iter_unpack("<HH", data))}
    ids = [49406]
    for word in text.lower().split():
        parts = [byte_token(b) for b in word.encode()]
        parts[-1] += 256
        while True:
            found = [(ranks[p], i) for i, p in enumerate(zip(parts, parts[1:])) if p in ranks]
            if not found:
                break
            rank, at = min(found)
            parts[at:at + 2] = [rank]
        ids += parts
    return (ids + [49407] * 77)[:77]


def below(state, prefix):
    return {k[len(prefix):]: v.float() for k, v in state.items() if k.startswith(prefix)}


def unet_of(state):
    base = state["model.diffusion_model.input_blocks.0.0.weight"].shape[0]
    widths = [state[f"model.diffusion_model.input_blocks.{i}.0.out_layers.3.weight"].shape[0] for i in (1, 4, 7, 10)]
    context = state["model.diffusion_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight"].shape[1]
    assert base == widths[0]
    unet = UNet2DConditionModel(
        sample_size=16, block_out_channels=widths, layers_per_block=2, cross_attention_dim=context,
        attention_head_dim=8,
        down_block_types=["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        up_block_types=["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3)
    ldm = {k: v.float() for k, v in state.items() if k.startswith("model.diffusion_model.")}
    unet.load_state_dict(single_file.convert_ldm_unet_checkpoint(ldm, dict(unet.config)))
    return unet.eval()


def vae_of(state):
    pick = lambda i: state[f"first_stage_model.decoder.up.{i}.block.0.conv2.weight"].shape[0]
    blocks = sum(f"first_stage_model.encoder.down.0.block.{i}.conv1.weight" in state for i in range(8))
    vae = AutoencoderKL(
        block_out_channels=[pick(i) for i in range(4)], layers_per_block=blocks, latent_channels=4,
        down_block_types=["DownEncoderBlock2D"] * 4, up_block_types=["UpDecoderBlock2D"] * 4)
    ldm = {k: v.float() for k, v in state.items() if k.startswith("first_stage_model.")}
    vae.load_state_dict(single_file.convert_ldm_vae_checkpoint(ldm, dict(vae.config)))
    return vae.eval()


def text_of(state):
    own = below(state, "cond_stage_model.transformer.")
    vocabulary, width = own["text_model.embeddings.token_embedding.weight"].shape
    layers = sum(f"text_model.encoder.layers.{i}.mlp.fc1.weight" in own for i in range(40))
    config = CLIPTextConfig(
        vocab_size=vocabulary, hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
        num_attention_heads=width // 64, max_position_embeddings=77, hidden_act="quick_gelu", projection_dim=width)
    text = CLIPTextModel(config)
    if not any(key.startswith("text_model.") for key in text.state_dict()):
        # transformers 5 names the same tensors without the prefix of the files.
        own = {key.removeprefix("text_model."): tensor for key, tensor in own.items()}
    missing, unexpected = text.load_state_dict(own, strict=False)
    assert not unexpected and all("position_ids" in key for key in missing), (missing, unexpected)
    return text.eval()


def theirs(state, prompt, seed, steps, guidance):
    unet, vae, text = unet_of(state), vae_of(state), text_of(state)
    both = text(torch.tensor([tokens(prompt), tokens("")])).last_hidden_state
    betas = torch.linspace(0.00085 ** 0.5, 0.012 ** 0.5, 1000, dtype=torch.float64) ** 2
    alphas = torch.cumprod(1 - betas, 0)
    table = ((1 - alphas) / alphas).sqrt()
    times = np.linspace(999, 0, steps)
    logs = np.interp(times, np.arange(1000), table.log().numpy())
    sigmas = [float(s) for s in np.exp(logs)] + [0.0]
    x = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(seed)) * (sigmas[0] ** 2 + 1) ** 0.5
    for sigma, following in zip(sigmas, sigmas[1:]):
        time = float(np.abs(table.log().numpy() - np.log(sigma)).argmin())
        seen = (x / (sigma ** 2 + 1) ** 0.5).repeat(2, 1, 1, 1)
        noise = unet(seen, torch.tensor([time, time]), both).sample
        noise = noise[1:] + (noise[:1] - noise[1:]) * guidance
        x = x + noise * (following - sigma)
    picture = (vae.decode(x / 0.18215).sample[0] / 2 + 0.5).clamp(0, 1)
    return (picture.permute(1, 2, 0).numpy() * 255).round().astype(int)


def ours(binary, checkpoint, prompt, seed, steps, guidance):
    graph = {
        "pellucid": 1,
        "nodes": {
            "base": {"kind": "load_checkpoint", "params": {"file": checkpoint.name}},
            "want": {"kind": "encode_prompt", "inputs": {"clip": "base.clip"}, "params": {"text": prompt}},
            "avoid": {"kind": "encode_prompt", "inputs": {"clip": "base.clip"}, "params": {"text": ""}},
            "empty": {"kind": "empty_latent", "params": {"width": 128, "height": 128}},
            "draw": {"kind": "ksampler",
                     "inputs": {"model": "base.model", "positive": "want.conditioning",
                                "negative": "avoid.conditioning", "latent": "empty.latent"},
                     "params": {"seed": seed, "steps": steps, "cfg": guidance, "sampler": "euler",
                                "schedule": "normal"}},
            "picture": {"kind": "decode_latent", "inputs": {"latent": "draw.latent", "vae": "base.vae"}},
        },
        "outputs": {"picture.png": "picture.image"},
    }
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "models/checkpoints").mkdir(parents=True)
        (folder / "models/checkpoints" / checkpoint.name).symlink_to(checkpoint.resolve())
        (folder / "graph.json").write_text(json.dumps(graph))
        subprocess.run([binary, "run", folder / "graph.json", "--models", folder / "models", "--out", folder,
                        "--no-cache"], check=True)
        return np.asarray(Image.open(folder / "picture.png").convert("RGB")).astype(int)


@torch.no_grad()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", type=pathlib.Path)
    parser.add_argument("--pellucid", default=str(ROOT / "target/release/pellucid"))
    parser.add_argument("--prompt", default="a red star on a beach")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--guidance", type=float, default=4.0)
    args = parser.parse_args()
    how = (args.prompt, args.seed, args.steps, args.guidance)
    wanted = theirs(load_file(args.checkpoint), *how)
    got = ours(args.pellucid, args.checkpoint, *how)
    off = np.abs(wanted - got)
    print(f"largest difference {off.max()}, mean {off.mean():.4f}, of 255")
    sys.exit(bool(off.max() > 2))


if __name__ == "__main__":
    main()
