"""A report as one HTML file that needs no network and prints well on A4."""

from __future__ import annotations

import base64
from importlib import resources

from gisplan.show.report.blocks import Report
from gisplan.show.report.numbers import CONTENTS, FIGURE, TABLE, more, numbered


def report_html(report: Report, *, frame: str = "") -> str:
    """Write a report as HTML.

    Parameters
    ----------
    report
        What it says.
    frame
        The interactive map as an element (see `gisplan.show.embed.StudyMap.iframe`); none by default.
    """
    from jinja2 import Environment
    from markupsafe import Markup

    environment = Environment(autoescape=True, trim_blocks=False)
    source = resources.files(__package__).joinpath("report.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        report=report,
        language=report.language,
        lang="en" if report.language == "en" else "zh-CN",
        title=report.title.line(report.language),
        numbered=list(numbered(report)),
        base64=lambda data: base64.b64encode(data).decode("ascii"),
        contents=CONTENTS,
        table_word=TABLE,
        figure_word=FIGURE,
        more=more,
        map=Markup(frame),
    )
