"""The description of the package for an index: the README, with links that lead somewhere from there too.

All else about the package is in ``pyproject.toml``.
"""

import re
import tomllib
from pathlib import Path

from setuptools import setup

ROOT = Path(__file__).parent
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?![a-z]+:|#)([^)\s]+)\)")


def described(readme: str, repository: str, version: str) -> str:
    """Return a text of Markdown whose links to files of the checkout lead to those of a release.

    Links of pictures become ones to the file itself, other links ones to the page that shows it. What
    stands in fences of code is no link. Links to headings of the text stay.
    """

    def absolute(found: re.Match[str]) -> str:
        picture, text, file = found.groups()
        return f"{picture}[{text}]({repository}/{'raw' if picture else 'blob'}/v{version}/{file})"

    # Parts with odd numbers are fences of code.
    parts = re.split(r"(^```.*?^```$)", readme, flags=re.DOTALL | re.MULTILINE)
    return "".join(part if number % 2 else LINK.sub(absolute, part) for number, part in enumerate(parts))


if __name__ == "__main__":
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    setup(
        long_description=described(
            (ROOT / "README.md").read_text(encoding="utf-8"),
            project["urls"]["Repository"],
            project["version"],
        ),
        long_description_content_type="text/markdown",
    )
