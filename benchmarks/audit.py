"""Which installed packages have known weaknesses; where nobody can be asked, which are old.

    make audit          (or: python benchmarks/audit.py)

pip-audit asks the package registry for its list of known weaknesses. A registry that mirrors
packages only has none: that is said, and never counted as a good answer. Then what is installed is
compared with the newest that the registry offers, which is where weaknesses are mended.
"""

import json
import subprocess
import sys
from typing import Any, Final

_PATIENCE_SECONDS: Final = 300


def main() -> int:
    """Print what was found; 1 if a package has a known weakness, else 0."""
    packages = _weaknesses()
    asked = [package for package in packages if "skip_reason" not in package]
    weak = [package for package in asked if package["vulns"]]
    print(f"{len(asked)} of {len(packages)} packages were looked up in a list of weaknesses.")
    for package in weak:
        known = ", ".join(found["id"] for found in package["vulns"])
        print(f"{package['name']} {package['version']}: {known}")
    if len(asked) < len(packages):
        print("The registry keeps no such list of the others. What is not the newest:")
        for package in _asked("list", "--outdated"):
            newest = package["latest_version"]
            print(f"{package['name']} {package['version']}; the newest is {newest}")
    return 1 if weak else 0


def _weaknesses() -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip_audit", "--local", "--format", "json"]
    done = subprocess.run(
        [*command, "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
    )
    if not done.stdout.startswith("{"):
        raise SystemExit(f"pip-audit gave no answer:\n{done.stderr[-2_000:]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    return found


def _asked(*words: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "pip", *words, "--format", "json"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=True,
    )
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
