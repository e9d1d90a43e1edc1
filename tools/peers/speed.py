#!/usr/bin/env python3
"""Compares the speed of Pellucid's networks with PyTorch's: the same weights and inputs, in turn, in one run.

    python3 -m venv ../peers && ../peers/bin/pip install torch diffusers transformers safetensors numpy
    cargo build --release -p pellucid-nets --example peer
    ../peers/bin/python tools/peers/speed.py unet vae clip decoder

The weights are pseudo-random, of the sizes of Stable Diffusion 1.5 and of LayerDiffuse's decoder.  PyTorch runs
f32, channels last, without gradients.  For each network it prints the seconds of each side (wall and user), the
median of the ratios run by run, the time from the weight file to the first result, the peak memory of either
process and how far apart the results are.  PyTorch's peak counts all that this program holds: compare it for one
network alone.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

import torch
from safetensors.torch import load_file, save_file

TICKS = os.sysconf("SC_CLK_TCK")


class UNet1024(torch.nn.Module):
    """The transparent decoder: diffusers' blocks without time, and the latent added before the fourth."""

    def __init__(self):
        super().__init__()
        from diffusers.models.unets import unet_2d_blocks as blocks

        widths = (32, 32, 64, 128, 256, 512, 512)
        attends = [False] * 4 + [True] * 3
        shared = dict(temb_channels=None, resnet_eps=1e-5, resnet_act_fn="silu", attention_head_dim=8,
                      resnet_time_scale_shift="default", resnet_groups=4)
        self.conv_in = torch.nn.Conv2d(3, widths[0], 3, padding=1)
        self.latent_conv_in = torch.nn.Conv2d(4, widths[2], 1)
        self.down_blocks = torch.nn.ModuleList()
        self.up_blocks = torch.nn.ModuleList()
        before = widths[0]
        for level, width in enumerate(widths):
            self.down_blocks.append(blocks.get_down_block(
                "AttnDownBlock2D" if attends[level] else "DownBlock2D", num_layers=2, in_channels=before,
                out_channels=width, add_downsample=level + 1 < len(widths), downsample_padding=1, **shared))
            before = width
        self.mid_block = blocks.UNetMidBlock2D(
            in_channels=widths[-1], temb_channels=None, resnet_eps=1e-5, resnet_act_fn="silu",
            attention_head_dim=8, resnet_groups=4, output_scale_factor=1.0)
        for level in reversed(range(len(widths))):
            self.up_blocks.append(blocks.get_up_block(
                "AttnUpBlock2D" if attends[level] else "UpBlock2D", num_layers=3,
                in_channels=widths[max(level - 1, 0)], out_channels=widths[level], prev_output_channel=before,
                add_upsample=level > 0, **shared))
            before = widths[level]
        self.conv_norm_out = torch.nn.GroupNorm(4, widths[0], eps=1e-5)
        self.conv_out = torch.nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, picture, latent):
        latent = self.latent_conv_in(latent)
        h = self.conv_in(picture)
        skips = (h,)
        for level, block in enumerate(self.down_blocks):
            if level == 3:
                h = h + latent
            h, more = block(hidden_states=h, temb=None)
            skips += more
        h = self.mid_block(h, None)
        for block in self.up_blocks:
            count = len(block.resnets)
            skips, mine = skips[:-count], skips[-count:]
            h = block(h, mine, None)
        return self.conv_out(torch.nn.functional.silu(self.conv_norm_out(h)))


def unet(size):
    from diffusers import UNet2DConditionModel

    model = UNet2DConditionModel(cross_attention_dim=768, attention_head_dim=8)
    inputs = {"x": torch.randn(2, 4, size, size), "timesteps": torch.tensor([801.0, 801.0]),
              "context": torch.randn(2, 77, 768)}
    return model, inputs, lambda m, i: m(i["x"], i["timesteps"], i["context"]).sample


def vae(size):
    from diffusers import AutoencoderKL

    blocks = 4
    model = AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * blocks, up_block_types=("UpDecoderBlock2D",) * blocks,
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4)
    return model, {"x": torch.randn(1, 4, size, size)}, lambda m, i: m.decode(i["x"]).sample


def clip(_):
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(hidden_size=768, intermediate_size=3072, num_attention_heads=12,
                            num_hidden_layers=12, projection_dim=768)
    # An empty prompt: the start, then padding.  Any other takes as long.
    tokens = torch.tensor([[49406] + [49407] * 76])
    return CLIPTextModel(config), {"tokens": tokens}, lambda m, i: m(i["tokens"]).last_hidden_state


def decoder(size):
    inputs = {"picture": torch.rand(1, 3, 8 * size, 8 * size), "latent": torch.randn(1, 4, size, size)}
    return UNet1024(), inputs, lambda m, i: m(i["picture"], i["latent"])


NETWORKS = {"unet": unet, "vae": vae, "clip": clip, "decoder": decoder}


def core_seconds(pid):
    """What all threads of a process have computed, the system's work for it included."""
    with open(f"/proc/{pid}/stat") as file:
        return sum(int(ticks) for ticks in file.read().rsplit(")", 1)[1].split()[11:13]) / TICKS


def peak_mib(pid):
    """The most memory a process has held, without the pages of mapped files, which it can give back."""
    with open(f"/proc/{pid}/status") as file:
        fields = dict(line.split(":", 1) for line in file)
    return (int(fields["VmHWM"].split()[0]) - int(fields["RssFile"].split()[0])) / 1024


def forget_peak():
    """From here on this process's peak is counted anew."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")


def compare(name, options, folder):
    torch.manual_seed(7)
    model, inputs, call = NETWORKS[name](options.size or {"decoder": 128}.get(name, 64))
    model.eval()
    weights, given, taken = (os.path.join(folder, f"{name}.{part}.safetensors") for part in "wxy")
    # Text encoders are stored under this name, which the newest transformers leave out.
    prefix = "text_model." if name == "clip" and "embeddings.position_embedding.weight" in model.state_dict() else ""
    save_file({prefix + key: value.contiguous() for key, value in model.state_dict().items()}, weights)
    save_file({key: value.contiguous() for key, value in inputs.items()}, given)
    start = time.perf_counter()
    model.load_state_dict({key.removeprefix(prefix): value for key, value in load_file(weights).items()})
    model = model.to(memory_format=torch.channels_last)
    loaded = time.perf_counter() - start
    inputs = {key: value.to(memory_format=torch.channels_last) if value.dim() == 4 else value
              for key, value in inputs.items()}
    environment = dict(os.environ, RAYON_NUM_THREADS=str(options.threads))
    command = [options.ours, name, weights, given, taken, options.dtype]
    # PyTorch has had its memory since the model was made; a first process gets ours from the system.
    subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
    start = time.perf_counter()
    ours = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert ours.stdout.readline().strip() == "ready"
    ready = time.perf_counter() - start
    forget_peak()
    rows = []
    for run in range(options.runs + 1):
        start, cores = time.perf_counter(), core_seconds("self")
        wanted = call(model, inputs)
        theirs = time.perf_counter() - start, core_seconds("self") - cores
        start, cores = time.perf_counter(), core_seconds(ours.pid)
        ours.stdin.write("\n")
        ours.stdin.flush()
        mine = float(ours.stdout.readline()), core_seconds(ours.pid) - cores
        # The first run of each side is told apart: it allocates and reads the weights.
        if run == 0:
            print(f"{name}: from the file to the first result: ours {ready + mine[0]:.3f} s, PyTorch "
                  f"{loaded + theirs[0]:.3f} s", flush=True)
        else:
            rows.append((*mine, *theirs))
            print(f"{name}: ours {mine[0]:.3f} s ({mine[1]:.2f} core seconds), "
                  f"PyTorch {theirs[0]:.3f} s ({theirs[1]:.2f} core seconds)", flush=True)
    memory, their_memory = peak_mib(ours.pid), peak_mib("self")
    ours.stdin.close()
    ours.wait()
    got = load_file(taken)["y"]
    if options.exact:
        exact = call(model.double(), {key: value.double() if value.is_floating_point() else value
                                      for key, value in inputs.items()})
        for side, result in (("ours", got), ("PyTorch", wanted)):
            apart = (result - exact).abs()
            print(f"{name}: {side} is off the f64 result by at most {apart.max() / exact.std():.1e} and "
                  f"{apart.pow(2).mean().sqrt() / exact.std():.1e} (rms) of its standard deviation", flush=True)
    apart = (got - wanted).abs()
    wall = statistics.median(row[0] / row[2] for row in rows)
    cores = statistics.median(row[1] / max(row[3], 1e-9) for row in rows)
    print(f"{name}: ratio ours/PyTorch {wall:.3f} wall, {cores:.3f} core seconds; our peak {memory:.0f} MiB, "
          f"PyTorch's {their_memory:.0f} MiB, weights "
          f"{os.path.getsize(weights) / 2**20:.0f} MiB in f32; results differ by at most "
          f"{apart.max() / wanted.std():.1e} and {apart.pow(2).mean().sqrt() / wanted.std():.1e} (rms) of their "
          f"standard deviation", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("networks", nargs="+", choices=sorted(NETWORKS))
    parser.add_argument("--ours", default="target/release/examples/peer", help="the built example `peer`")
    parser.add_argument("--dtype", default="f32", choices=["f32", "f16", "bf16"], help="of our weights")
    parser.add_argument("--exact", action="store_true", help="also compare both with PyTorch in f64")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--size", type=int, help="latent side; 64 by default, 128 for the decoder")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    print(f"PyTorch {torch.__version__}, {torch.backends.cpu.get_cpu_capability()}, {options.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        for name in options.networks:
            compare(name, options, folder)


if __name__ == "__main__":
    sys.exit(main())
