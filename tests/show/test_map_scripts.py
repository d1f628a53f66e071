"""Our scripts keep to what browsers of 2019 know, the year of the engines that offices still run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from gisplan.show.assets import SCRIPTS, own
from gisplan.show.fragment import assets_block

# Node carries a parser of its own, which reads a script as of any year.
_PARSE = """
const acorn = require('internal/deps/acorn/acorn/dist/acorn');
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const found = Object.keys(texts).map(name => {
  try { acorn.parse(texts[name], { ecmaVersion: 2019, sourceType: 'script' }); return null; } catch (e) { return name + ': ' + e.message; }
}).filter(Boolean);
console.log(JSON.stringify(found));
"""

_NEWER = {
    "optional chaining": r"\?\.(?!\d)",
    "nullish": r"\?\?",
    "logical assignment": r"(?:&&|\|\|)=",
    "private name": r"\.#\w",
    "big integer": r"\b\d+n\b",
    "digit separator": r"\b\d+_\d",
    "dynamic import": r"\bimport\s*\(",
}

# What engines of 2019 lack although it parses. `Uint8Array.fromBase64` and `ResizeObserver` are asked for first.
_LATER = (
    r"\.(?:replaceChildren|replaceAll|at|findLast|findLastIndex|matchAll|allSettled|any|toSorted|toReversed|hasOwn|groupBy)\(",
    r"\b(?:structuredClone|WeakRef|AggregateError|BigInt)\b",
    r"\bCSS\.escape\b(?!\s*\?)",
)


def _bare(text):
    """Code without comments, strings and regular expressions, which may hold anything."""
    return re.sub(
        r"/\*[\s\S]*?\*/|//[^\n]*|'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|(?<=[(,=:\[!&|?{};])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]])*\]|[^/\\\n])+/[gimsuy]*",
        "''",
        text,
    )


def _fields(code):
    """What stands between the methods of classes and gives a field its value."""
    found = []
    for start in re.finditer(r"\bclass(?:\s+\w+)?(?:\s+extends\s+[\w.]+)?\s*\{", code):
        depth, outside = 1, ""
        for letter in code[start.end() :]:
            depth += {"{": 1, "}": -1}.get(letter, 0)
            if depth == 0:
                break
            outside += letter if depth == 1 else ""
        found += re.findall(r"[\w#]+\s*=(?!=)", re.sub(r"\([^()]*\)", "", outside))
    return found


def _newer(code):
    hits = {what: hit[0] for what, pattern in _NEWER.items() if (hit := re.search(pattern, code))}
    return hits | ({"class fields": fields} if (fields := _fields(code)) else {})


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_uses_nothing_newer(name):
    code = _bare(own(name))
    assert not _newer(code)
    assert not [hit for pattern in _LATER for hit in re.findall(pattern, code)]


@pytest.mark.parametrize(
    "code", ["a?.b", "a ?? b", "a ||= b", "x = 10n", "1_000", "import('x')", "class A {\n    b = 1;\n}", "x.#y"]
)
def test_the_check_finds_what_is_newer(code):
    assert _newer(_bare(code))


def test_the_check_lets_pass_what_is_not():
    assert not _newer(
        _bare("class A { go(a = 1) { let b = 2; this.c = b ? .5 : 1; } get x() { return '?.'; } } // a ?? b")
    )


def test_all_scripts_parse_as_of_2019():
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine")
    texts = {name: own(name) for name in SCRIPTS} | {
        "assets": re.fullmatch(r"<script>([\s\S]*)</script>\n", assets_block())[1]
    }

    def parse(given):
        run = subprocess.run(
            [node, "--expose-internals", "--no-warnings", "-e", _PARSE],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode and "acorn" in run.stderr:
            pytest.skip("this node carries no parser")
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    assert parse(texts) == []
    assert len(parse({"a": "x?.y", "b": "class A { b = 1 }", "c": "let x = 1"})) == 2
