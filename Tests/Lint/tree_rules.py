"""Rules about the tree as a whole: files that nothing uses, names that do not belong."""

import re

from package_description import targets

# Found by their place or by tools, not by a mention.
ROOTS = re.compile(
    r"^(?:README\.md|LICENSE|Makefile|Package\.swift|\.gitignore|\.shellcheckrc|\.swift-format|\.ci/run|docs/index\.md)$|^migrations/\d{4}_\w+\.sql$"
    r"|^docs/(?:adr|errors)/|^debian/|^systemd/[\w-]+\.mount$|^\.github/"
)
# Assembled, so that this file does not find itself.
ELSEWHERE = [
    (re.compile("/work" + r"/(?:main|clones|shared|hub|brief)\b"), "a path of one developer's machine"),
    (re.compile(r"\b(?:ghcr|quay)" + r"\.io/|registry\.npm" + r"js\.org|\bpypi" + r"\.org\b"), "names a package registry"),
]


def names_of_elsewhere(texts):
    for name, content in texts.items():
        for number, line in enumerate(content.split("\n"), 1):
            for pattern, why in ELSEWHERE:
                if pattern.search(line):
                    yield name, number, why


def dead_files(root, texts):
    """Swift files in no target, and other files that nothing names, neither themselves nor a folder they are in."""
    built = list(targets(root))
    for name in texts:
        if name == "Package.swift" or ROOTS.match(name):
            continue
        if name.endswith(".swift"):
            if not any(name.startswith(path + "/") and not left_out(name, path, exclude) for _, path, exclude in built):
                yield name, 1, "belongs to no target of Package.swift"
        elif not is_named(name, texts) and not any(
            kind == "system" and name.startswith(path + "/") for kind, path, _ in built
        ):
            yield name, 1, "nothing names this file or its folder: use it or remove it"


def left_out(name, path, exclude):
    return any(name == f"{path}/{one}" or name.startswith(f"{path}/{one}/") for one in exclude)


def is_named(name, texts):
    """Its own name, without or with extension for modules, or that of a folder that only holds such files."""
    parts = name.split("/")
    stem = parts[-1].rsplit(".", 1)[0] if parts[-1].endswith(".py") else parts[-1]
    if mentioned(stem, lambda other: other != name, texts):
        return True
    for depth in range(len(parts) - 1, 1, -1):
        folder = "/".join(parts[:depth]) + "/"
        if depth > 2 or parts[0] in ("docs", "etc"):
            if mentioned(parts[depth - 1], lambda other: not other.startswith(folder), texts):
                return True
    return False


def mentioned(word, may_speak, texts):
    pattern = re.compile(r"(?<![\w-])" + re.escape(word) + r"(?![\w-])")
    return any(may_speak(other) and word in content and pattern.search(content) for other, content in texts.items())
