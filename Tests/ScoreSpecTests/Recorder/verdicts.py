"""Records the verdict of the Score schema on changed documents; see README.md."""
import argparse
import copy
import json
import os
import random
import re

import jsonschema

LABELS = ["a", "ab", "a-b", "a" * 63, "a" * 64, "-a", "a-", "a--b", "A", "Ab", "aB", "a_b", "a.b", "a b", " ab", "ab ", "ab\n", "\nab", "",
          "0", "00", "9-9", "äb", "a\u0301b", "aé", "ａｂ", "a\u0000b", "1", "a/b", "a\u2010b", "ab\r", "é", "日本", "😀😀"]
IDS = LABELS + ["a.b.c", "a..b", ".ab", "ab.", "a-.b", "a.-b", "a.b-", "a--b.c", "a." + "b" * 61, "a." + "b" * 62, "a.b\n"]
KEYS = LABELS + ["ab/cd", "a/cd", "ab/c", "a.b/cc", "ab.cd/Ee", "ab..cd/ee", "ab/cd/ef", "/cd", "ab/", "Ab/cd", "ab.CD/ee", "ab-/cd", "a_b/cd",
                 "ab/.c", "ab/c.", "ab/c.d_e-f", "ab/_c", "ab/c\n", "A.b", "_ab", "a..b",
                 "ab/" + "c" * 63, "ab/" + "c" * 64, "a" * 63 + "/cc", "a" * 64 + "/cc", ".".join(["a" * 63] * 4) + "/" + "c" * 60,
                 ".".join(["a" * 63] * 4) + "/" + "c" * 61, ".".join(["ab"] * 99) + "/" + "c" * 19, ".".join(["ab"] * 99) + "/" + "c" * 20]
MEMORY = ["0", "0.", "0.0", "0.5", "00.5", "01", "1", "10", "1.", "1.5", "1.50", ".5", "1.5.5", "-1", "+1", "1e3", "1 ", " 1", "1\n", "", "K",
          "1" * 400] + ["1" + unit for unit in
                        ["K", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "k", "m", "ki", "KI", "B", "MB", "MiB", "Z", " M", "M "]] + [
              "0.5Ei", "0Mi", "1.5Gi\n", "١", "1٫5", "１Mi"]
CPU = ["0", "00", "1", "007", "1.", "1.0", "1.5", ".5", "1m", "0m", "1.5m", "1M", "1 m", "m", "", "1m\n", "1\n", "-1", "+1", "1e3", "1.5.5", "٣", "1.٣", "1mm", "1,5"]
MODES = ["644", "0644", "00644", "0000", "777", "0778", "888", "64", "6440", "1644", "0o644", " 644", "644\n", "", "٦٤٤", "rw-", "07777"]
HEADERS = ["a", "A-b_C", "0", "", "a b", "a:", "é", "a\n", "-", "_", "a.b"]
VARIABLES = ["a", "A=B", "=", "", "a b", "é", "a\nb", "\n", "😀", "a=", "${x}", "1"]
NUMBERS = [0, 1, -1, 65535, 65536, 80.0, 0.0, 1.0, 65535.0, 65536.0, 80.5, 1e3, 1e300, 2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 2**70, -2**63, -2**70, 0.9999999999, 65535.00001]
OTHERS = [None, True, False, "", "a", "ab", "80", "true", ".", [], [""], ["a"], [1], [None], [[]], [{}], {}, {"a": 1}, {"ab": {}}, {"ab": None}, {"target": "/x"}]
CHOICES = ["TCP", "UDP", "tcp", "Tcp", "SCTP", "HTTP", "HTTPS", "http", "HTTP\n", "started", "healthy", "complete", "completed", "Started",
           "score.dev/v1b1", "score.dev/v1b1\n", "score.dev/v1b2", "scoreXdev/v1b1", "score.sh/v1b1", "xscore.dev/v1b1", "score.dev/v1b1x"]
ADDED = ["extra", "Image", "target", "read_only", "content", "binaryContent", "source", "command", "httpGet", "exec", "ready", "protocol", "properties", "$schema",
         "name", "type", "ports", "é"]
MORE = {"memory": MEMORY, "cpu": CPU, "mode": MODES, "name": LABELS + HEADERS, "value": HEADERS, "type": LABELS, "class": LABELS, "id": IDS, "host": HEADERS}


def pattern(validator, text, instance, schema):
    if validator.is_type(instance, "string"):
        ecma = re.sub(r"(?<!\\)\$$", r"\\Z", text)
        if not re.search(ecma, instance, re.ASCII):
            yield jsonschema.ValidationError("pattern")


def judge_of(schema):
    kind = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})
    validator = kind(schema)
    return lambda document: validator.is_valid(document)


def upgrade(document):
    """The list forms as maps; None where an entry has no place."""
    containers = document.get("containers") if isinstance(document, dict) else None
    for container in containers.values() if isinstance(containers, dict) else []:
        for key in ["files", "volumes"] if isinstance(container, dict) else []:
            if not isinstance(container.get(key), list):
                continue
            entries = {}
            for entry in container[key]:
                if not isinstance(entry, dict) or not isinstance(entry.get("target"), str) or not entry["target"]:
                    return None
                if key == "files" and isinstance(entry.get("content"), list):
                    if any(line is None or isinstance(line, (dict, list)) for line in entry["content"]):
                        return None
                    entry["content"] = "\n".join(map(str, entry["content"]))
                if key == "volumes" and "read_only" in entry:
                    entry["readOnly"] = entry.pop("read_only")
                entries[entry.pop("target")] = entry
            container[key] = entries
    return document


def text_of(value):
    """JSON that YAML reads as the same value."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return re.sub("[\u007f-\u00a0\u2028\u2029\ufeff\ufffe\uffff]", lambda found: "\\u%04x" % ord(found[0]), text)


def nodes(value, pointer=()):
    yield pointer, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    for key, child in items:
        yield from nodes(child, pointer + (key,))


def parent(document, pointer):
    for key in pointer[:-1]:
        document = document[key]
    return document


def renamed(document, pointer, name):
    """The document with one key renamed, in its place; None where the name is taken."""
    changed = copy.deepcopy(document)
    owner = parent(changed, pointer)
    if name in owner:
        return None
    entries = list(owner.items())
    owner.clear()
    for key, value in entries:
        owner[name if key == pointer[-1] else key] = value
    return changed


def names_for(pointer):
    if len(pointer) < 2:
        return LABELS[:6]
    if pointer[-2] == "annotations":
        return KEYS
    if pointer[-2] == "variables":
        return VARIABLES
    if pointer[-2] in ("ports", "containers", "resources", "before"):
        return LABELS
    return ["ab", "x", ""]


def changes(document):
    for pointer, value in nodes(document):
        for other in OTHERS + NUMBERS + CHOICES + MORE.get(pointer[-1] if pointer else "", []):
            if not pointer or (len(pointer) > 1 and isinstance(other, str) and other in CHOICES and pointer[-1] not in
                               ("protocol", "scheme", "ready")):
                continue
            changed = copy.deepcopy(document)
            parent(changed, pointer)[pointer[-1]] = other
            yield changed
        if pointer:
            changed = copy.deepcopy(document)
            del parent(changed, pointer)[pointer[-1]]
            yield changed
            if isinstance(pointer[-1], str):
                for name in names_for(pointer):
                    changed = renamed(document, pointer, name)
                    if changed is not None:
                        yield changed
        if isinstance(value, dict):
            for name in ADDED:
                for other in ["x", {}]:
                    changed = copy.deepcopy(document)
                    target = parent(changed, pointer)[pointer[-1]] if pointer else changed
                    if name not in target:
                        target[name] = other
                        yield changed


def splice(base, changed):
    """What of the base's text is replaced, and by what."""
    start = 0
    while start < min(len(base), len(changed)) and base[start] == changed[start]:
        start += 1
    end = 0
    while end < min(len(base), len(changed)) - start and base[-1 - end] == changed[-1 - end]:
        end += 1
    return start, end, changed[start:len(changed) - end]


def record(judge, documents):
    for name, document in documents.items():
        base = text_of(document)
        print(json.dumps({"document": name, "text": base}, ensure_ascii=False))
        seen = set()
        for changed in changes(document):
            text = text_of(changed)
            if text in seen or "\\u0000" in text:
                continue
            seen.add(text)
            upgraded = upgrade(changed)
            verdict = upgraded is not None and judge(upgraded)
            print(json.dumps([int(verdict), name, *splice(base, text)], ensure_ascii=True))


def record_random(judge, folder, count, seed):
    import yaml
    samples = []
    for root, _, files in sorted(os.walk(folder)):
        for file in sorted(files):
            if file.startswith("score") and file.endswith(".yaml"):
                with open(os.path.join(root, file), encoding="utf-8") as text:
                    samples.append(yaml.safe_load(text))
    source = random.Random(seed)
    pool = OTHERS + NUMBERS + CHOICES + LABELS + MEMORY + CPU + MODES + KEYS
    for index in range(count):
        document = copy.deepcopy(samples[index % len(samples)])
        for _ in range(source.randint(1, 3)):
            pointer, value = source.choice(list(nodes(document))[1:] or [((), document)])
            if not pointer:
                continue
            kind = source.randrange(5)
            if kind == 0:
                del parent(document, pointer)[pointer[-1]]
            elif kind == 1:
                parent(document, pointer)[pointer[-1]] = copy.deepcopy(source.choice(pool))
            elif kind == 2 and isinstance(pointer[-1], str):
                document = renamed(document, pointer, source.choice(LABELS + KEYS + ADDED)) or document
            elif kind == 3 and isinstance(value, dict):
                value[source.choice(ADDED + LABELS)] = copy.deepcopy(source.choice(pool))
            else:
                other = source.choice(list(nodes(document)))[1]
                parent(document, pointer)[pointer[-1]] = copy.deepcopy(other)
        text = text_of(document)
        if "\\u0000" in text:
            continue
        upgraded = upgrade(document)
        print(json.dumps([int(upgraded is not None and judge(upgraded)), text], ensure_ascii=True))


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("schema")
    arguments.add_argument("--samples")
    arguments.add_argument("--random", type=int, default=20000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    with open(given.schema, encoding="utf-8") as text:
        judge = judge_of(json.load(text))
    if given.samples:
        record_random(judge, given.samples, given.random, given.seed)
    else:
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "documents.json"), encoding="utf-8") as text:
            record(judge, json.load(text))


main()
