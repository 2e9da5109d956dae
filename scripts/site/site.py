#!/usr/bin/env python3
"""Make a static site of the documentation: scripts/site/site.py OUTPUT_FOLDER

docs/README.md is the table of contents. cmark-gfm turns each page into HTML; this adds what it does not:
ids of headings as on GitHub, links between the pages, the sources that they link to, a search that needs
no server. A link that leads nowhere, and a page that the table of contents forgets, are errors.
"""

import html
import json
import pathlib
import re
import shutil
import subprocess
import sys

PROJECT = pathlib.Path(__file__).resolve().parent.parent.parent
CONTENTS = PROJECT / "docs/README.md"
TOP_PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "src/README.md"]


def slug(heading, taken):
    """The id that GitHub gives to a heading: links in the pages are written for it."""
    text = html.unescape(re.sub(r"<[^>]*>", "", heading)).strip().lower()
    text = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
    count = taken.get(text, 0)
    taken[text] = count + 1
    return f"{text}-{count}" if count else text


def markdown_to_html(path):
    made = subprocess.run(
        ["cmark-gfm", "-e", "table", "-e", "autolink", "--to", "html", str(path)],
        check=True, capture_output=True, text=True)
    return made.stdout


class Page:
    def __init__(self, source):
        self.source = source  # from the project's folder
        self.ids = set()
        self.sections = []  # (id, heading, text), for the search
        self.body = self.with_ids(markdown_to_html(PROJECT / source))
        title = re.search(r"<h1[^>]*>(.*?)</h1>", self.body, re.S)
        self.title = re.sub(r"<[^>]*>", "", title.group(1)) if title else source

    def with_ids(self, text):
        taken = {}

        def add_id(found):
            level, heading = found.group(1), found.group(2)
            name = slug(heading, taken)
            self.ids.add(name)
            return (f'<h{level} id="{name}">{heading}'
                    f'<a class="anchor" href="#{name}" aria-label="Link to here">#</a></h{level}>')

        return re.sub(r"<h([1-6])>(.*?)</h\1>", add_id, text, flags=re.S)

    def collect_sections(self):
        parts = re.split(r'<h[1-6] id="([^"]*)">(.*?)<a class="anchor".*?</h[1-6]>', self.body,
                         flags=re.S)
        for at in range(1, len(parts), 3):
            plain = [html.unescape(re.sub(r"<[^>]*>", " ", part)) for part in parts[at + 1:at + 3]]
            self.sections.append((parts[at], plain[0].strip(), " ".join(plain[1].split())))


class Site:
    def __init__(self, output):
        self.output = output
        self.problems = []
        listed = self.contents()
        sources = TOP_PAGES + [f"docs/{name}" for name in listed] + ["docs/README.md"]
        for path in sorted((PROJECT / "docs").glob("*.md")):
            if path.name not in listed and path != CONTENTS:
                self.problems.append(f"docs/README.md does not list {path.name}")
        self.pages = {source: Page(source) for source in sources if (PROJECT / source).is_file()}
        self.order = ["README.md"] + [f"docs/{name}" for name in listed]
        self.files = set()

    def contents(self):
        """The pages in their order, as the table of contents links to them."""
        return list(dict.fromkeys(re.findall(r"\]\(([\w-]+\.md)\)", CONTENTS.read_text())))

    @staticmethod
    def target_of(source):
        """All pages lie in one folder, so that links between them are names alone."""
        if source == "README.md":
            return "index.html"
        if source == "docs/README.md":
            return "contents.html"
        return source.removeprefix("docs/").removesuffix(".md").replace("/", "-") + ".html"

    def link(self, page, link):
        """Where a link of a page leads to within the site."""
        if re.match(r"[a-z]+:", link):
            return link
        path, _, fragment = link.partition("#")
        wanted = (PROJECT / page.source).parent / path if path else PROJECT / page.source
        try:
            source = str(wanted.resolve().relative_to(PROJECT))
        except ValueError:
            source = None
        if source is None or not wanted.exists():
            self.problems.append(f"{page.source} links to {link}, which is not there")
            return link
        if source in self.pages:
            if fragment and fragment not in self.pages[source].ids:
                self.problems.append(f"{page.source} links to {link}: no heading has that id")
            return self.target_of(source) + (f"#{fragment}" if fragment else "")
        if wanted.is_dir():
            readme = f"{source}/README.md"
            return self.target_of(readme) if readme in self.pages else "#"
        self.files.add(source)
        return f"sources/{source}.txt"

    def navigation(self, current):
        lines = []
        for line in CONTENTS.read_text().splitlines():
            group = re.match(r"## (.*)", line)
            if group:
                lines.append(f"<h2>{html.escape(group.group(1))}</h2>")
            for name in re.findall(r"\]\(([\w-]+\.md)\)", line):
                source = f"docs/{name}"
                if source not in self.pages:
                    continue
                mark = ' aria-current="page"' if source == current else ""
                lines.append(f'<a href="{self.target_of(source)}"{mark}>'
                             f"{html.escape(html.unescape(self.pages[source].title))}</a>")
        return "\n".join(lines)

    def neighbours(self, source):
        if source not in self.order:
            return ""
        at = self.order.index(source)
        links = []
        for step, label in ((-1, "Before: "), (1, "Next: ")):
            if 0 <= at + step < len(self.order) and self.order[at + step] in self.pages:
                other = self.pages[self.order[at + step]]
                links.append(f'<a href="{self.target_of(other.source)}">{label}{other.title}</a>')
        return " ".join(links)

    def write(self):
        shutil.rmtree(self.output, ignore_errors=True)
        self.output.mkdir(parents=True)
        here = pathlib.Path(__file__).parent
        template = (here / "page.html").read_text()
        version = re.search(r'#define STINT_VERSION "(\S+)"',
                            (PROJECT / "include/stint/version.hpp").read_text())
        index = []
        for page in self.pages.values():
            page.collect_sections()
            target = self.target_of(page.source)
            index += [[target + "#" + name, page.title, heading, text]
                      for name, heading, text in page.sections]
            body = re.sub(r'href="([^"]*)"',
                          lambda found, page=page: f'href="{self.link(page, found.group(1))}"',
                          page.body)
            filled = {"TITLE": page.title, "VERSION": version.group(1), "BODY": body,
                      "NAVIGATION": self.navigation(page.source),
                      "NEIGHBOURS": self.neighbours(page.source)}
            text = re.sub(r"@([A-Z]+)@", lambda found: filled[found.group(1)], template)
            (self.output / target).write_text(text)
        for name in ("style.css", "search.js"):
            shutil.copy(here / name, self.output / name)
        (self.output / "pages.js").write_text(f"const sections = {json.dumps(index)};\n")
        for source in sorted(self.files):
            target = self.output / "sources" / f"{source}.txt"
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / source, target)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if shutil.which("cmark-gfm") is None:
        sys.exit("site: cmark-gfm is missing; ./dev docs installs it")
    site = Site(pathlib.Path(sys.argv[1]))
    site.write()
    if site.problems:
        sys.exit("\n".join(f"site: {problem}" for problem in site.problems))
    print(f"{len(site.pages)} pages")


if __name__ == "__main__":
    main()
