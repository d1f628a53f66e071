"""Texts that have made pages run, break, ask for something or show something else; made from families."""

from __future__ import annotations

_RUN = "window.ran=1"
_FAR = "http://gisplan.invalid/x"

_TAGS = [
    "<img src=x onerror={0}>", "<img src={1}>", "<svg onload={0}>", "<svg/onload={0}//", "<video src=x onerror={0}>",
    "<audio src=x onerror={0}>", '<iframe src="javascript:{0}"></iframe>', '<iframe srcdoc="<script>{0}</script>">',
    "<object data={1}></object>", "<embed src={1}>", "<body onload={0}>", "<details open ontoggle={0}>x</details>",
    "<marquee onstart={0}>x</marquee>", "<input autofocus onfocus={0}>", "<select autofocus onfocus={0}>",
    "<textarea autofocus onfocus={0}>", "<math><a xlink:href=javascript:{0}>x</a></math>", "<link rel=stylesheet href={1}>",
    "<meta http-equiv=refresh content='0;url={1}'>", "<base href={1}>", "<form action={1}><button>x</button></form>",
    "<template><script>{0}</script></template>", "<style>@import '{1}';</style>", "<table background={1}><td>x</table>",
    "<a href='javascript:{0}'>x</a>", "<a ping={1} href=#>x</a>", "<script src={1}></script>", "<script>{0}</script>",
    "<SCRIPT>{0}</SCRIPT >", "<scr<script>ipt>{0}</script>", "<script type=module>{0}</script>", "<svg><script>{0}</script>",
    "<svg><animate onbegin={0} attributeName=x dur=1s>", "<svg><use href='data:image/svg+xml,<svg onload={0}>'/></svg>",
    "<b>bold</b>", "<", ">", "<>", "</", "<!", "<?xml", "<![CDATA[{0}]]>", "<a<b>", "<\u0000script>{0}</script>",
]  # fmt: skip

_ENDS = [
    "</script><script>{0}</script>", "</SCRIPT ><script>{0}</script>", "</script/x><script>{0}</script>",
    "<!--<script>", "<!-- ", "-->", "--!><script>{0}</script>", "<!--<script></script><script>{0}</script>-->",
    "</title><script>{0}</script>", "</style><script>{0}</script>", "</noscript><script>{0}</script>",
    "</textarea><script>{0}</script>", "</template><script>{0}</script>", "</select><script>{0}</script>",
    "</option><script>{0}</script>", "</svg><script>{0}</script>", "</div></div></div><script>{0}</script>",
    '"></iframe><script>{0}</script>', "'></iframe><script>{0}</script>", "&quot;></iframe><script>{0}</script>",
    "</head><body onload={0}>", "</body></html><script>{0}</script>",
]  # fmt: skip

_HANDLERS = [
    f"{quote} {event}={quote or ''}{{0}}{quote} x={quote}"
    for quote in ('"', "'", "")
    for event in (
        "onload",
        "onerror",
        "onclick",
        "onmouseover",
        "onfocus",
        "onanimationstart",
        "onpointerenter",
        "style",
    )
]

_SCRIPTS = [
    "${{{0}}}", "`+({0})+`", "\\${{{0}}}", "\\`+({0})+\\`", "`${{`${{{0}}}`}}`", "';{0};//", '";{0};//', "\\';{0};//",
    '\\";{0};//', "\\u0027;{0};//", "\\x27;{0};//", "*/{0}/*", "\n{0}\n//", ");{0};(", "]}});{0}//", "\\", "\\\\", "\\n", "'", '"', "`",
    "constructor.constructor('{0}')()", "#{{{0}}}", "<%= {0} %>", "[[{0}]]", "$(document)", "%(draw)s", "%s%n", "{{0}}",
]  # fmt: skip

_JINJA = [
    "{{{{ 7 * 7 }}}}", "{{% raw %}}", "{{% endraw %}}", "{{# note #}}", "{{{{ this._parent }}}}", "{{{{ ''.__class__ }}}}",
    "{{%- include 'x' -%}}", "{{% macro html(this, kwargs) %}}", "{{{{", "}}}}", "{{%", "%}}",
]  # fmt: skip

_STYLES = [
    "red;background:url({1})", "url({1})", "url(javascript:{0})", "expression({0})", "@import '{1}';", "}}*{{display:none}}",
    "\\27;x:url({1})", "-moz-binding:url({1})", "/*", "*/",
]  # fmt: skip

_ADDRESSES = [
    "javascript:{0}", "JaVaScRiPt:{0}", "java\tscript:{0}", "javascript&colon;{0}", "vbscript:{0}", "data:text/html,<script>{0}</script>",
    "data:image/svg+xml,<svg onload={0}>", "//gisplan.invalid/x", "{1}", "file:///etc/passwd", "../../etc/passwd", "C:\\con", "\\\\host\\share",
    "%3Cscript%3E{0}%3C/script%3E", "%00", "?a=1&b=2#c",
]  # fmt: skip

_ENTITIES = [
    "&lt;img src=x onerror={0}&gt;", "&#60;script&#62;{0}&#60;/script&#62;", "&#x3c;b&#x3e;", "&#x3C", "&amp;lt;b&amp;gt;", "&quot;", "&apos;",
    "&#0;", "&#128;", "&NotEqualTilde;", "&notit;", "&copy", "&", "&&", "&;", "&#;",
]  # fmt: skip

_UNICODE = [
    "a\u2028b", "a\u2029b", "\ufeffx", "\u200bx\u200b", "x\u00ady", "x\u034fy", "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\U00020bb7野家", "\U0001f9d1‍\U0001f33e",
    "Z\u0351\u036b\u0343a\u0328l\u0334g\u0321o\u0321", "＜script＞{0}＜/script＞", "İıſK", "\u202e}};{0};{{", "\u202dx", "\u2066x\u2069", "\u2067x", "\u200fx",
    "\u200ex", "\u061cx", "永安\u3000工业", " lead and trail ", "\ttab\t", "a\r\nb", "a\rb", "a\nb", "﷽", "ﬀ",
]  # fmt: skip

# What every object of JavaScript has by birth, and what reads like a value that is none.
_NAMES = [
    "__proto__", "constructor", "prototype", "toString", "valueOf", "hasOwnProperty", "length", "name", "null", "undefined", "NaN", "Infinity",
    "true", "false", "[object Object]", "0", "-1", "1e999", "0x10", "007", "=1+1", "+1", "-2+3", "@SUM(1)", "=cmd|' /C calc'!A0", "gp-lang", "map_main", "config",
]  # fmt: skip

_CONTROLS = [f"a{chr(c)}b" for c in (*range(0x20), *range(0x7F, 0xA0))]

_LONG = ["长" * 4000, "<b>" * 2000, "x" * 9000, "&amp;" * 2000, "{{{{" * 2000, "'\"`" * 2000, " \u202e" * 2000]

PAYLOADS = tuple(
    dict.fromkeys(
        [
            text.format(_RUN, _FAR)
            for text in (*_TAGS, *_ENDS, *_HANDLERS, *_SCRIPTS, *_JINJA, *_STYLES, *_ADDRESSES, *_ENTITIES, *_UNICODE)
        ]
        + [*_NAMES, *_CONTROLS, *_LONG]
    )
)
