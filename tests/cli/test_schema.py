#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The schema that `mfn check --schema` prints agrees with what `mfn check` takes.
Usage: test_schema.py MFN SOURCE_DIR"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import jsonschema
import yaml

SOURCE = pathlib.Path(sys.argv.pop()).resolve()
MFN = sys.argv.pop()
ENVIRONMENT = {**os.environ, "PORT": "8080", "SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

# A pipeline is put together from parts; each case replaces one.
PARTS = {
    "connector": "{kind: file, directory: jobs}",
    "publisher": "{kind: file, directory: results}",
    "rest": "",
}
REST = "kind: rest, base_url: 'http://127.0.0.1'"
KAFKA = "kind: kafka, topics: [jobs], bootstrap_servers: ['localhost:9092']"
WEBHOOK = "kind: webhook, webhook_url: 'https://example.org/hook'"

# What a case is about, the part, its text.
GOOD = [
    ("the least", "rest", ""),
    ("every section left empty", "rest", "engine:\ndead_letter: ~\nspool: {}\nhttp: null"),
    ("bytes as a number", "rest", "engine: {queue_bytes: 2000000}"),
    ("bytes with a suffix", "rest", "engine: {queue_bytes: 2MiB}\nspool: {max_bytes: 3GB}"),
    ("bytes in quotes", "rest", "engine: {queue_bytes: '2000000'}"),
    ("bytes out of a variable", "rest", "engine: {queue_bytes: '${BYTES:-2MiB}'}"),
    ("a time as a whole number", "rest", "grace_time: 5"),
    ("a time with a suffix", "rest", "grace_time: 500ms"),
    ("a time as some parsers read no number", "rest", "grace_time: 5e1"),
    ("workers as a number", "rest", "engine: {workers: 2}"),
    ("an option that is null", "rest", "grace_time: ~"),
    ("a text that YAML takes for a number", "rest", "state: 2024"),
    ("a text that YAML takes for a truth value", "rest", "state: yes"),
    ("a variable with dollars around it", "rest", "grace_time: ${GRACE:-5}\nstate: $$x$${y}"),
    ("truth in other words", "connector",
     "{kind: file, directory: j, auto_delete: yes, done_marker: 'OFF', enabled: 1}"),
    ("a kind out of a variable", "connector", "{kind: '${KIND:-file}', directory: jobs}"),
    ("a choice out of a variable", "connector",
     "{kind: file, directory: jobs, format: '${FORMAT:-csv}'}"),
    ("options of retry and breaker", "connector",
     "{kind: file, directory: j, max_retries: 0, retry_jitter: full, failure_threshold: 9}"),
    ("a list", "connector", "{" + KAFKA + ", group_id: g}"),
    ("a list of one without brackets", "connector",
     "{kind: kafka, topics: jobs, bootstrap_servers: 'a:1', group_id: 5}"),
    ("a map", "connector", "{" + REST + ", params: {a: 1, b: true, c: d}, headers: {}}"),
    ("a map with values out of variables", "publisher",
     "{" + WEBHOOK + ", headers: {X-Port: '${PORT}'}, signing_secrets: ['${SECRET}']}"),
    ("numbers in a list of texts", "publisher", "{" + WEBHOOK + ", successful_on: [409, '410']}"),
    ("a publisher with a name", "publisher", "{kind: file, directory: r, name: archive}"),
]
BAD = [
    ("a section that is not known", "rest", "engin: {}"),
    ("a key that is not known", "rest", "engine: {wrkers: 2}"),
    ("a text for a section", "rest", "engine: fast"),
    ("a number out of range", "rest", "engine: {queue_items: 0}"),
    ("a word for a number", "rest", "engine: {queue_items: many}"),
    ("a fraction for a whole number", "rest", "engine: {queue_items: 1.5}"),
    ("a suffix of another unit", "rest", "engine: {queue_bytes: 2m}"),
    ("a fraction of bytes", "rest", "engine: {queue_bytes: 1.5MiB}"),
    ("a time below its range", "rest", "grace_time: -1"),
    ("a list for a number", "rest", "grace_time: [1]"),
    ("a map for a text", "rest", "state: {a: b}"),
    ("dollars that make no variable", "rest", "grace_time: $${GRACE}"),
    ("no connector", "connector", ""),
    ("no publisher", "publisher", None),
    ("no kind", "connector", "{directory: jobs}"),
    ("a kind that is not known", "connector", "{kind: flie, directory: jobs}"),
    ("a kind of the other side", "connector", "{kind: webhook, directory: jobs}"),
    ("no directory", "connector", "{kind: file}"),
    ("a directory that is null", "connector", "{kind: file, directory: ~}"),
    ("a key of another kind", "connector", "{kind: file, directory: jobs, topics: [a]}"),
    ("a key of the other side", "connector", "{kind: file, directory: jobs, name: a}"),
    ("a choice that is not known", "connector", "{kind: file, directory: jobs, format: xml}"),
    ("a word for truth", "connector", "{kind: file, directory: jobs, auto_delete: maybe}"),
    ("two for truth", "connector", "{kind: file, directory: jobs, auto_delete: 2}"),
    ("an open bound", "publisher", "{kind: file, directory: r, failure_threshold: 0}"),
    ("an empty list that must be given", "connector",
     "{kind: kafka, topics: [], bootstrap_servers: [a], group_id: g}"),
    ("a list in a list", "connector",
     "{kind: kafka, topics: [[a]], bootstrap_servers: [a], group_id: g}"),
    ("an entry without a value", "connector",
     "{kind: kafka, topics: [~], bootstrap_servers: [a], group_id: g}"),
    ("a map for a list", "publisher", "{" + WEBHOOK + ", successful_on: {a: 1}}"),
    ("a list for a map", "publisher", "{" + WEBHOOK + ", headers: [a]}"),
    ("a variable for a map", "publisher", "{" + WEBHOOK + ", headers: '${PORT}'}"),
    ("a map in a map", "connector", "{" + REST + ", params: {a: {b: c}}}"),
    ("a text for a publisher", "publisher", "file"),
]
# What only `mfn check` can judge.
BEYOND = [
    ("a number in quotes out of range", "rest", "grace_time: '-1'"),
    ("a number with a unit out of range", "rest", "engine: {queue_bytes: 1KiB}"),
    ("a variable with a bad value", "rest", "grace_time: ${PATH}"),
    ("a variable that is not set", "rest", "state: ${THERE_IS_NO_SUCH_VARIABLE}"),
    ("workers by another word", "rest", "engine: {workers: many}"),
    ("a component that is off", "connector", "{kind: file, directory: j, enabled: false}"),
]


class CoreLoader(yaml.SafeLoader):
    """Types as YAML 1.2 has them, which editors follow; SafeLoader's are those of YAML 1.1."""
    yaml_implicit_resolvers = {}


for tag, pattern, first in [
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+", list("-+0123456789")),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789"))]:
    CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"),
                                     first)
CoreLoader.add_constructor("tag:yaml.org,2002:float",
                           lambda loader, node: float(loader.construct_scalar(node)))

LOADERS = {"YAML 1.1": yaml.SafeLoader, "YAML 1.2": CoreLoader}


def refuse_duplicates(pairs):
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), keys
    return dict(pairs)


def pipeline(part, text):
    parts = {**PARTS, part: text}
    connector = f"connector: {parts['connector']}\n" if parts["connector"] else ""
    publishers = f"  - {parts['publisher']}\n" if parts["publisher"] else "  []\n"
    return f"{connector}publishers:\n{publishers}{parts['rest']}\n"


def run(*arguments):
    return subprocess.run([MFN, "check", *arguments], capture_output=True, text=True,
                          env=ENVIRONMENT, cwd=SOURCE, timeout=60)


def check(text):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(text)
        file.flush()
        return run(file.name)


class Schema(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        printed = run("--schema")
        assert printed.returncode == 0, printed.stderr
        cls.schema = json.loads(printed.stdout, object_pairs_hook=refuse_duplicates)
        cls.validator = jsonschema.Draft202012Validator(cls.schema)

    def problems(self, text, loader):
        document = yaml.load(text, Loader=loader)
        return [f"{list(error.absolute_path)}: {error.message}"
                for error in self.validator.iter_errors(document)]

    def resolve(self, schema):
        while "$ref" in schema:
            schema = self.schema["$defs"][schema["$ref"].removeprefix("#/$defs/")]
        return schema

    def options(self):
        """The path and schema of every option."""
        tops = self.schema["properties"]
        sides = {"connector": tops["connector"], "publishers": tops["publishers"]["items"]}
        for name, top in tops.items():
            if name in sides:
                for branch in sides[name]["allOf"]:
                    kind = branch["if"]["properties"]["kind"]["const"]
                    for key, option in branch["then"]["properties"].items():
                        if key != "kind":
                            yield (name, kind, key), self.resolve(option)
            elif "properties" in top:
                for key, option in top["properties"].items():
                    yield (name, key), self.resolve(option)
            else:
                yield (name,), top

    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(self.schema)

    def test_both_take_good_files(self):
        for what, part, text in GOOD:
            whole = pipeline(part, text)
            with self.subTest(what):
                checked = check(whole)
                self.assertEqual(checked.returncode, 0, checked.stderr)
            for name, loader in LOADERS.items():
                with self.subTest(what, loader=name):
                    self.assertEqual(self.problems(whole, loader), [])

    def test_both_refuse_bad_files(self):
        for what, part, text in BAD:
            whole = pipeline(part, text)
            with self.subTest(what):
                self.assertEqual(check(whole).returncode, 2)
            for name, loader in LOADERS.items():
                with self.subTest(what, loader=name):
                    self.assertNotEqual(self.problems(whole, loader), [])

    def test_the_rest_is_left_to_check(self):
        for what, part, text in BEYOND:
            whole = pipeline(part, text)
            with self.subTest(what):
                self.assertEqual(check(whole).returncode, 2)
            for name, loader in LOADERS.items():
                with self.subTest(what, loader=name):
                    self.assertEqual(self.problems(whole, loader), [])

    def test_the_problem_names_the_kind_that_is_meant(self):
        text = pipeline("connector", "{kind: file, directory: jobs, patern: x}")
        self.assertEqual(self.problems(text, yaml.SafeLoader),
                         ["['connector']: Additional properties are not allowed "
                          "('patern' was unexpected)"])

    def test_both_take_the_pipelines_of_the_repository(self):
        paths = sorted(SOURCE.glob("examples/**/*.yaml"))
        self.assertNotEqual(paths, [])
        for path in paths:
            with self.subTest(path.name):
                checked = run(str(path))
                self.assertEqual(checked.returncode, 0, checked.stderr)
                self.assertEqual(self.problems(path.read_text(), yaml.SafeLoader), [])

    def test_every_default_is_allowed(self):
        for path, option in self.options():
            with self.subTest(path):
                if "default" in option:
                    alone = {**option, "$defs": self.schema["$defs"]}
                    jsonschema.Draft202012Validator(alone).validate(option["default"])

    def test_every_option_is_described(self):
        for path, option in self.options():
            with self.subTest(path):
                self.assertGreater(len(option["description"]), 4)

    def test_it_has_the_keys_that_check_shows_and_no_others(self):
        whole = {
            ("file", "file"): pipeline("rest", ""),
            ("rest", "webhook"): pipeline("connector", "{" + REST + "}").replace(
                PARTS["publisher"], "{" + WEBHOOK + "}"),
            ("kafka", "kafka"): pipeline("connector", "{" + KAFKA + ", group_id: g}").replace(
                PARTS["publisher"], "{kind: kafka, topic: t, bootstrap_servers: 'a:1'}"),
        }
        shown = set()
        for (connector, publisher), text in whole.items():
            checked = check(text)
            self.assertEqual(checked.returncode, 0, checked.stderr)
            self.assertEqual(self.problems(checked.stdout, yaml.SafeLoader), [])
            document = yaml.safe_load(checked.stdout)
            shown |= {("connector", connector, key) for key in document.pop("connector")}
            shown |= {("publishers", publisher, key) for key in document.pop("publishers")[0]}
            for name, value in document.items():
                shown |= {(name, key) for key in value} if isinstance(value, dict) else {(name,)}
        self.assertEqual({path for path in shown if path[-1] != "kind"},
                         {path for path, _ in self.options()})


if __name__ == "__main__":
    unittest.main()
