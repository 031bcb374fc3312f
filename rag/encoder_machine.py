"""What of this machine decides how fast an encoder runs: cores that are ours to use, processor, GPU."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from pathlib import Path


def physical_cores() -> int:
    """Physical cores this process may use: siblings counted once, affinity and a container's quota respected."""
    if sys.platform == "darwin":
        return _mac_cores() or os.cpu_count() or 1
    if sys.platform != "linux":
        return os.cpu_count() or 1
    ours = os.sched_getaffinity(0)
    siblings = {_siblings(cpu) for cpu in ours}
    return max(1, min(len(siblings), _quota()))


def processor() -> str:
    """The processor's model name."""
    if sys.platform == "linux":
        for line in _read(Path("/proc/cpuinfo")).splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def gpu_mark() -> str:
    """Changes when an NVIDIA GPU comes or goes; found without importing torch."""
    present = Path("/dev/nvidiactl").exists() or sys.platform == "win32"
    return f"{present}:{os.environ.get('CUDA_VISIBLE_DEVICES', '')}"


def _siblings(cpu: int) -> str:
    """The threads that share a core with ``cpu``; itself where the system does not say."""
    return _read(Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")).strip() or str(cpu)


def _quota() -> int:
    """Whole cores that the control group allows; as many as there are where it sets no limit."""
    allowed, _, period = _read(Path("/sys/fs/cgroup/cpu.max")).strip().partition(" ")
    if allowed.isdigit() and period.isdigit():
        return max(1, round(int(allowed) / int(period)))
    return os.cpu_count() or 1


def _mac_cores() -> int:
    asked = subprocess.run(["/usr/sbin/sysctl", "-n", "hw.physicalcpu"], capture_output=True, text=True, check=False)
    return int(asked.stdout) if asked.stdout.strip().isdigit() else 0


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""  # not this system: the caller has another answer
