"""List what fills a disk, biggest first, and say what may go."""

from __future__ import annotations

import argparse
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

UNITS = ["B", "K", "M", "G", "T"]
EXPENDABLE = {"wal", "cache", "tmp"}


@dataclass(frozen=True)
class Finding:
    path: Path
    size: int

    @property
    def expendable(self) -> bool:
        """A directory may go when any part of its path says so."""
        return any(part in EXPENDABLE for part in self.path.parts)

    def __str__(self) -> str:
        mark = "may go" if self.expendable else ""
        return f"{human(self.size):>8}  {self.path}  {mark}".rstrip()


def human(size: float) -> str:
    for unit in UNITS:
        if size < 1024:
            return f"{size:.0f}{unit}"
        size /= 1024
    return f"{size:.1f}P"


def measure(root: Path, depth: int) -> list[Finding]:
    """Adds each file to its ancestor at the given depth below root."""
    sizes: Counter[Path] = Counter()
    for folder, _, files in os.walk(root, onerror=lambda error: print(f"skipped: {error}")):
        inside = Path(folder).relative_to(root)
        group = root.joinpath(*inside.parts[:depth])
        for name in files:
            try:
                sizes[group] += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                continue  # Gone since it was listed; so much the better.
    return [Finding(path, size) for path, size in sizes.most_common()]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path, nargs="?", default=Path("/var/lib"))
    parser.add_argument("--depth", type=int, default=2)
    parser.add_argument("--top", type=int, default=15)
    options = parser.parse_args()

    findings = measure(options.root, options.depth)
    for finding in findings[: options.top]:
        print(finding)
    gain = sum(finding.size for finding in findings if finding.expendable)
    print(f"\n{human(gain)} could be freed")
    return 0 if gain else 1


if __name__ == "__main__":
    raise SystemExit(main())
