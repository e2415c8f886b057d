"""Hypothesis strategies for what a hostile or broken sender may send."""

import json
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from tests.fuzz.watch import CANARY

# What means something to somebody on the way: HTML, scripts, Markdown, LaTeX, Streamlit, Plotly,
# shells, templates, paths, spreadsheets, terminals, SQL, and text that turns or hides its letters.
TRAPS: Final = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 1' id=injected>",
    "&lt;b id=injected&gt;",
    "**bold** _thin_ `code` # head",
    "[link](javascript:window.hit=1)",
    "![picture](http://203.0.113.1/x.png)",
    "$\\frac{1}{2}$ $$x^2$$",
    ":red[red] :material/delete: :smile:",
    "{{ 7 * 7 }} ${7*7} {0.__class__} %s %n",
    "../../etc/passwd",
    "..\\..\\windows",
    "/etc/passwd",
    "file:///etc/passwd",
    "C:\\con",
    "=cmd|' /C calc'!A0",
    "'; DROP TABLE runs; --",
    "; touch /tmp/hit; `touch /tmp/hit` $(touch /tmp/hit)",
    "--help",
    "-o/etc/hit",
    "\x00",
    "nul\x00led",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe\u202c",
    "\u2066\u2069\u200f\u200b\ufeff",
    "e\u0301\u0301\u0301\u0301",
    "\ud800",
    "\U0001f469\u200d\U0001f52c",
    "١٢٣",
    "\r\nSet-Cookie: a=b",
    " ",
    "",
    ".",
    "..",
    "~",
    "-",
    "1",
    "0",
    "-1",
    "1e999",
    "nan",
    "99999999999999999999",
    "None",
    "true",
    f"__import__('os').system('{CANARY}')",
    "x" * 10_000,
    "<" * 3_000,
    "9" * 5_000,
)

texts: SearchStrategy[str] = st.one_of(
    st.sampled_from(TRAPS),
    st.text(max_size=40),
    st.lists(st.sampled_from(TRAPS), min_size=2, max_size=4).map(" ".join),
)
# Text that can be written as UTF-8: half letters stand in no file and no request.
whole_texts: SearchStrategy[str] = texts.map(lambda text: text.encode(errors="ignore").decode())

numbers: SearchStrategy[Any] = st.one_of(
    st.sampled_from(
        (0, -1, 1, 2**31, 2**53 + 1, 2**63, 2**64, -(2**63), 10**30, 10**400, -0.0, 0.5, 1e-320)
        + (1e308, -1e308, float("inf"), float("-inf"), float("nan"))
    ),
    st.integers(),
    st.floats(),
)
scalars: SearchStrategy[Any] = st.one_of(st.none(), st.booleans(), numbers, texts)
# Whatever JSON can hold, as Python reads it.
json_values: SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(texts, inner, max_size=4)),
    max_leaves=12,
)
deep_texts: SearchStrategy[str] = st.sampled_from(
    ("[" * 100_000, '{"a":' * 50_000, "[" * 900 + "]" * 900, '"' + "x" * 2_000_000 + '"')
)


def json_like(value: Any) -> str:
    """Return `value` as JSON, in which NaN and infinity stand as Python writes them."""
    try:
        return json.dumps(value)
    except ValueError:  # a whole number with more digits than Python writes
        return "9" * 6_000


@st.composite
def changed_json(draw: DrawFn, value: Any) -> Any:
    """Give `value` with one thing in it replaced, taken away, or put beside the rest."""
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        key = draw(st.sampled_from(sorted(value)))
        change = draw(st.integers(0, 9))
        if change == 0:
            return {name: kept for name, kept in value.items() if name != key}
        if change == 1:
            return {**value, draw(texts): draw(json_values)}
        return {**value, key: draw(changed_json(value[key]))}
    if isinstance(value, list) and value and draw(st.booleans()):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], draw(changed_json(value[place])), *value[place + 1 :]]
    return draw(json_values)


# What is done to bytes: how, where (a share of their length, from either end in bytes), with what.
_EDITS: Final = st.lists(
    st.tuples(
        st.sampled_from(("cut", "flip", "set", "put", "take", "again")),
        # Headers lie at the beginning and, of zip and Parquet files, at the end.
        st.one_of(st.floats(0, 1), st.integers(0, 200), st.integers(-400, -1)),
        st.one_of(
            st.sampled_from((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f", b"\x80")),
            st.binary(min_size=1, max_size=20),
        ),
    ),
    min_size=1,
    max_size=4,
)
Edits = list[tuple[str, float, bytes]]
edits: SearchStrategy[Edits] = _EDITS


def edited(content: bytes, changes: Edits) -> bytes:
    """Return `content` cut short, with bytes flipped, put in, taken out, or repeated."""
    changed = bytearray(content)
    for how, where, what in changes:
        end = len(changed)
        place = (
            int(where * end) if isinstance(where, float) else max(0, min(end, where % (end + 1)))
        )
        match how:
            case "cut":
                del changed[place:]
            case "flip" if place < end:
                changed[place] ^= what[0] or 1
            case "set":
                changed[place : place + len(what)] = what
            case "put":
                changed[place:place] = what
            case "take":
                del changed[place : place + len(what)]
            case "again":
                changed[place:place] = changed[:place][-1000:]
    return bytes(changed)


def changed_bytes(content: bytes) -> SearchStrategy[bytes]:
    """Give `content` as `edited` changes it."""
    return edits.map(lambda changes: edited(content, changes))


def shortly(text: str) -> str:
    """Return the beginning of a text."""
    return f"{text[:600]}… ({len(text):,} characters)" if len(text) > 700 else text
