#!/usr/bin/env python3
"""How many of ComfyUI's own workflow templates import and check.

    python3 tools/comfy_templates.py target/release/pellucid [--version 0.1.123] [--json REPORT]

Downloads the PyPI package comfyui-workflow-templates-json (MIT), runs `import` and `check` on every
workflow in it, and says how many do, and which classes are missing, most wanted first. Every file must
import or be refused with findings; a panic, a signal or more than --limit seconds is a failure.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import zipfile

PACKAGE = "comfyui-workflow-templates-json"


def download(folder, version):
    wanted = f"{PACKAGE}=={version}" if version else PACKAGE
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", folder, wanted]
    subprocess.run(pip, check=True)
    (wheel,) = pathlib.Path(folder).glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return wheel.name


def is_workflow(path):
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return True
    return isinstance(content, dict) and isinstance(content.get("nodes"), list)


def run(binary, command, path, limit):
    try:
        done = subprocess.run(
            [binary, *command, path], capture_output=True, timeout=limit, text=True, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return None, "", f"took more than {limit} s"
    return done.returncode, done.stdout, done.stderr


def try_one(binary, path, limit):
    result = {"file": path.name, "faults": []}
    for name, command in [("import", ["import"]), ("check", ["check", "--json"])]:
        status, out, err = run(binary, command, path, limit)
        result[name] = status
        if status not in (0, 1, 3) or "panicked" in err:
            result["faults"].append(f"{name}: {status} {err.strip()[-300:]}")
        if status == 1 and name == "import" and "error[" not in err:
            result["faults"].append("import: refused without a finding")
        if name == "check":
            result["findings"] = json.loads(out)["findings"] if out.startswith("{") else []
    return result


def unknown(finding):
    match = re.match(r'.*?: "(.*?)"(, a node of .*?,)? is not supported$', finding["message"])
    pack = re.search(r'pack "(.*)"', match[2] or "") if match else None
    return match[1] if match else finding["message"], f" ({pack[1]})" if pack else ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("binary")
    parser.add_argument("--version", default="0.1.123", help="of the package; empty for the newest")
    parser.add_argument("--limit", type=float, default=20, help="seconds for one command")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", help="file for the whole report")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wheel = download(folder, args.version)
        files = sorted(p for p in pathlib.Path(folder).rglob("*.json") if is_workflow(p))
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            results = list(pool.map(lambda p: try_one(args.binary, p, args.limit), files))
    wanted = collections.Counter()
    only_missing = collections.Counter()
    codes = collections.Counter()
    for result in results:
        missing = {unknown(f) for f in result["findings"] if f["code"] == "comfy-unknown-class"}
        wanted.update(missing)
        if len(missing) == 1:
            only_missing.update(missing)
        codes.update({f["code"] for f in result["findings"] if f["severity"] == "error"})
    faults = [(r["file"], fault) for r in results for fault in r["faults"]]
    print(f"{wheel}: {len(files)} workflows")
    print(f"import: {sum(r['import'] == 0 for r in results)} do")
    print(f"check:  {sum(r['check'] == 0 for r in results)} are clean")
    missing_files = sum(
        bool(r["findings"])
        and all(f["code"] == "missing-file" or f["severity"] != "error" for f in r["findings"])
        for r in results
    )
    print(f"        {missing_files} lack nothing but their models and pictures")
    print("workflows with a finding of a code:")
    for code, count in codes.most_common():
        print(f"  {count:4}  {code}")
    print("classes that are missing, by workflows that want them (and those that lack nothing else):")
    for (name, pack), count in wanted.most_common(40):
        print(f"  {count:4} {only_missing[(name, pack)]:4}  {name}{pack}")
    print(f"  ... {max(len(wanted) - 40, 0)} more")
    if args.json:
        report = {"package": wheel, "results": results, "wanted": [[*k, n] for k, n in wanted.most_common()]}
        pathlib.Path(args.json).write_text(json.dumps(report, indent=1))
    for file, fault in faults:
        print(f"FAULT {file}: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
