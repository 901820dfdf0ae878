"""Package.swift as SwiftPM reads it, without a build."""

import functools
import json
import os
import subprocess


@functools.cache
def describe(root):
    environment = {key: value for key, value in os.environ.items() if key != "MARTLET_ONLY"}
    # Reading the manifest writes nothing: no need to wait for a build that has the lock.
    command = ["swift", "package", "--ignore-lock", "--package-path", str(root), "dump-package"]
    done = subprocess.run(command, capture_output=True, env=environment)
    if done.returncode:
        raise SystemExit(f"Package.swift:1: {done.stderr.decode(errors='replace').strip()}")
    return json.loads(done.stdout)


def targets(root):
    """(kind, path, excluded paths) of every target."""
    for target in describe(root)["targets"]:
        yield target["type"], target["path"], target["exclude"]
