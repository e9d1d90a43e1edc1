#!/usr/bin/env python3
"""Sets up what a build for NVIDIA cards needs, where no CUDA toolkit is installed.

    tools/cuda_toolkit.py DIR          installs into DIR and prints the environment
    eval "$(tools/cuda_toolkit.py DIR)"; cargo build --release --features cuda

The compiler and headers come as packages of the Python index. The driver and the CUDA 13 libraries
are needed only where the program runs: here they are linked against empty stand-ins of the same
names. Somebody with a toolkit of their own does not need this script.
"""

import pathlib
import subprocess
import sys
import venv

PACKAGES = [
    "nvidia-cuda-nvcc==13.0.88",
    "nvidia-cuda-runtime==13.0.*",
    "nvidia-cuda-crt==13.0.*",
    "nvidia-nvvm==13.0.*",
    "nvidia-cuda-cccl==13.0.*",
    "nvidia-curand==10.4.0.35",
    "nvidia-cublas==13.0.*",
]

# Library by the name it is linked with, and the name it is loaded by.
STANDINS = {
    "cuda": "libcuda.so.1",
    "nvrtc": "libnvrtc.so.13",
    "curand": "libcurand.so.10",
    "cublas": "libcublas.so.13",
    "cublasLt": "libcublasLt.so.13",
    "cudart": "libcudart.so.13",
}


def main() -> int:
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    base = pathlib.Path(sys.argv[1]).resolve()
    tree = install(base / "python")
    standins = make_standins(base / "standins")
    flags = f"-L {standins} -C link-arg=-Wl,--no-as-needed -C link-arg=-Wl,--unresolved-symbols=ignore-all"
    names = ["CUDA_HOME", "CUDA_PATH", "CUDA_ROOT", "CUDA_TOOLKIT_ROOT_DIR"]
    for name in names:
        print(f'export {name}="{tree}"')
    print(f'export PATH="{tree}/bin:$PATH"')
    print('export CUDA_COMPUTE_CAP="${CUDA_COMPUTE_CAP:-90}"')
    print('export NVCC_CCBIN="${NVCC_CCBIN:-gcc}"')
    print(f'export RUSTFLAGS="{flags}"')
    return 0


def install(where: pathlib.Path) -> pathlib.Path:
    """The folder that has bin/nvcc in it."""
    if not where.exists():
        venv.create(where, with_pip=True)
    subprocess.run(
        [where / "bin" / "pip", "install", "--quiet", *PACKAGES], check=True, stdout=sys.stderr
    )
    found = sorted(where.glob("lib/python*/site-packages/nvidia/cu13"))
    if not found:
        sys.exit(f"there is no nvidia/cu13 below {where}")
    return found[0]


def make_standins(where: pathlib.Path) -> pathlib.Path:
    where.mkdir(parents=True, exist_ok=True)
    for name, soname in STANDINS.items():
        library = where / f"lib{name}.so"
        if not library.exists():
            command = ["gcc", "-shared", "-o", library, f"-Wl,-soname,{soname}", "-x", "c", "/dev/null"]
            subprocess.run(command, check=True)
    return where


if __name__ == "__main__":
    sys.exit(main())
