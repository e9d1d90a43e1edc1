#!/usr/bin/env python3
"""Drives `pellucid watch` through fifty edits and prints, for each, the time from save to output
and how many nodes ran.

    python3 tools/watch_edits.py [--binary target/release/pellucid] [--size 1024] [--edits 50]

It watches a compositing graph of the given size in a folder of its own: a plate, a cut-out with a
soft edge, a shadow, a grade, an over. Edits go round params of different nodes; every fifth save is
by rename, every tenth breaks the graph and mends it again.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time


def graph(size, step):
    return {
        "pellucid": 1,
        "nodes": {
            "plate": {"kind": "gradient", "params": {"width": size, "height": size}},
            "board": {"kind": "checkerboard", "params": {"width": size, "height": size, "size": 64}},
            "shape": {"kind": "matte_shape", "params": {"width": size, "height": size}},
            "cut": {"kind": "alpha_join", "inputs": {"image": "board.image", "matte": "shape.matte"}},
            "graded": {
                "kind": "exposure",
                "inputs": {"image": "cut.image"},
                "params": {"stops": round(0.02 * (step % 7), 3)},
            },
            "placed": {
                "kind": "offset",
                "inputs": {"image": "graded.image"},
                "params": {"x": 3 * (step % 5), "y": 0},
            },
            "comp": {
                "kind": "merge",
                "inputs": {"bg": "plate.image", "fg": "placed.image"},
                "params": {"mode": "over", "opacity": round(0.5 + 0.01 * (step % 50), 3)},
            },
        },
        "outputs": {"comp.png": "comp.image"},
    }


def save(path, text, by_rename):
    if by_rename:
        part = path.with_suffix(".part")
        part.write_text(text)
        os.replace(part, path)
    else:
        path.write_text(text)


def wait(stream, wanted):
    """The first event that is wanted."""
    for line in stream:
        event = json.loads(line)
        if wanted(event):
            return event
    sys.exit("the watch ended early")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    arguments.add_argument("--binary", default="target/release/pellucid")
    arguments.add_argument("--size", type=int, default=1024)
    arguments.add_argument("--edits", type=int, default=50)
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        path = folder / "graph.json"
        path.write_text(json.dumps(graph(given.size, 0), indent=1))
        command = [given.binary, "watch", str(path), "--out", str(folder), "--no-cache", "--events", "-"]
        watch = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        first = wait(watch.stdout, lambda e: e["event"] == "ended")
        print(f"first run: {first['ms']:.1f} ms, {first['ran']} of {first['needed']} nodes ran")
        latencies = []
        for step in range(1, given.edits + 1):
            text = json.dumps(graph(given.size, step), indent=1)
            note = "by rename" if step % 5 == 0 else ""
            if step % 10 == 0:
                save(path, text[: len(text) // 2], False)
                wait(watch.stdout, lambda e: e["event"] == "finding")
                wait(watch.stdout, lambda e: e["event"] == "ended")
                note = "after a half-written save, told as a finding"
            time.sleep(0.12)
            start = time.perf_counter()
            save(path, text, step % 5 == 0)
            event = wait(watch.stdout, lambda e: e["event"] == "ended" and e["ok"])
            took = (time.perf_counter() - start) * 1e3
            latencies.append(took)
            print(f"edit {step:2}: {took:6.1f} ms, {event['ran']} of {event['needed']} nodes ran {note}")
        watch.terminate()
        latencies.sort()
        p95 = latencies[min(len(latencies) - 1, int(0.95 * len(latencies)))]
        print(f"save to output: median {statistics.median(latencies):.1f} ms, p95 {p95:.1f} ms, most {latencies[-1]:.1f} ms")


main()
