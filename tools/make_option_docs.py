#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the option tables of a document from `mfn check --schema`, between marks such as
    <!-- options: publisher webhook -->
    <!-- end -->
Sections: "connector KIND", "publisher KIND", "common", "section NAME".
Usage: make_option_docs.py MFN DOCUMENT [--check]"""
import json
import pathlib
import re
import subprocess
import sys

MARK = re.compile(r"(<!-- options: ([a-z ]+) -->\n)(.*?)(<!-- end -->)", re.S)


def alternatives(rule):
    return rule.get("anyOf", [])


def takes(rule):
    """What the option takes, in a few words."""
    for choice in alternatives(rule):
        if choice.get("enum") and choice["enum"] != [0, 1]:
            return " ".join(f"`{value}`" for value in choice["enum"])
        if choice.get("type") == "boolean":
            return "`true` `false`"
        if choice.get("type") in ("integer", "number"):
            low = choice.get("minimum", choice.get("exclusiveMinimum"))
            high = choice.get("maximum", choice.get("exclusiveMaximum"))
            return f"{low:g} to {high:g}" if high is not None and high < 1e15 else f"from {low:g}"
        if choice.get("type") == "array":
            return "list"
        if choice.get("type") == "object":
            return "map"
    return "text"


def default_of(rule, required):
    if required:
        return "required"
    value = rule.get("default")
    if value in ("", None, [], {}):
        return ""
    return f"`{json.dumps(value)}`" if not isinstance(value, str) else f"`{value}`"


def table(properties, required):
    lines = ["| option | default | takes | meaning |", "|---|---|---|---|"]
    for name, rule in properties.items():
        if not isinstance(rule, dict) or "$ref" in rule or name == "kind":
            continue
        secret = " (never shown)" if rule.get("writeOnly") else ""
        lines.append(f"| `{name}` | {default_of(rule, name in required)} | {takes(rule)} | "
                     f"{rule['description']}{secret} |")
    return "\n".join(lines) + "\n"


def kinds_of(rule):
    return {branch["if"]["properties"]["kind"]["const"]: branch["then"] for branch in rule["allOf"]}


def section(schema, words):
    properties = schema["properties"]
    if words[0] == "connector":
        kind = kinds_of(properties["connector"])[words[1]]
        return table(kind["properties"], kind.get("required", []))
    if words[0] == "publisher":
        kind = kinds_of(properties["publishers"]["items"])[words[1]]
        return table(kind["properties"], kind.get("required", []))
    if words[0] == "common":
        return table({name.removeprefix("common_"): rule for name, rule in schema["$defs"].items()
                      if name.startswith("common_")}, [])
    return table(properties[words[1]]["properties"], [])


def main():
    mfn, path = sys.argv[1], pathlib.Path(sys.argv[2])
    schema = json.loads(subprocess.run([mfn, "check", "--schema"], check=True,
                                       capture_output=True).stdout)
    text = path.read_text(encoding="utf-8")
    fresh = MARK.sub(lambda match: match[1] + section(schema, match[2].split()) + match[4], text)
    if "--check" in sys.argv:
        if fresh != text:
            sys.exit(f"{path} does not show the options as they are: run tools/make_option_docs.py")
    else:
        path.write_text(fresh, encoding="utf-8")


main()
