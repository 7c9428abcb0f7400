"""Make the notebooks of the lecture from its pages, and its pictures.

``python tools/notebooks.py`` writes docs/notebooks/*.ipynb: a cell for each code block of a page and for the answer
to each exercise. ``--pictures`` also runs the English page and writes docs/pictures. ``--run NOTEBOOK`` runs a notebook
with the solutions as answers and prints what its cells print. The tests do both. Needs the extra `test-all`.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PAGES = {"lecture": ("docs/lecture.md", "en"), "lecture.ko": ("docs/ko/lecture.md", "ko")}
FOLDER = ROOT / "docs" / "notebooks"
_WORDS = {
    "en": {
        "setup": "If Fanlight is not installed: `%pip install '.[graph]'` in the folder of the checkout. Run this cell first.",
        "answer": "your answer, in quotation marks",
    },
    "ko": {
        "setup": "Fanlight가 없으면 내려받은 소스 폴더에서 `%pip install '.[graph]'`로 설치하세요. 이 셀을 먼저 실행합니다.",
        "answer": "따옴표 안에 답을 쓰세요",
    },
}
_SHOW_GRAPH = '\n\nfrom IPython.display import SVG\n\nSVG("graph.svg")'


def notebook_of(name: str) -> Any:
    """Return a page as a notebook."""
    from nbformat import v4

    page, language = PAGES[name]
    words = _WORDS[language]
    cells = []
    for kind, text in _parts((ROOT / page).read_text(encoding="utf-8")):
        if kind == "python":
            code = re.sub(r"^ *# → .*\n?", "", text, flags=re.MULTILINE).strip("\n")
            cells.append(v4.new_code_cell(code + (_SHOW_GRAPH if "graph.svg" in code else "")))
        elif kind == "console":
            commands = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
            cells.append(v4.new_code_cell("\n".join(f"!{command}" for command in commands)))
        elif kind == "answer":
            cells.append(
                v4.new_code_cell(
                    f'answer = ""  # {words["answer"]}\nif answer:\n    print(mark("{text}", answer, "{language}"))'
                )
            )
        else:
            cells.append(v4.new_markdown_cell(_relative(text, page)))
    title = cells.pop(0)
    setup = [v4.new_markdown_cell(words["setup"]), v4.new_code_cell("from fanlight.apps.exercises import mark")]
    cells = [title, *setup, *cells]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same file each time
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})


def _parts(text: str) -> list[tuple[str, str]]:
    """Split a page into markdown, code blocks and places for answers, in order."""
    parts: list[tuple[str, str]] = []
    prose: list[str] = []
    lines = iter(text.splitlines())

    def close() -> None:
        if "\n".join(prose).strip():
            parts.append(("markdown", "\n".join(prose).strip()))
        prose.clear()

    for line in lines:
        fence = re.fullmatch("```(python|console)", line)
        folded = re.fullmatch(r'\?\?\? success "(.*)"', line)
        if fence:
            close()
            parts.append((fence[1], "\n".join(iter(lambda: next(lines), "```"))))
        elif folded:
            close()
            parts += [("answer", number) for number in _marked(parts[-1][1])]
            prose += ["<details><summary>" + folded[1] + "</summary>", ""]
            body, line = _indented(lines)
            prose += [textwrap.dedent("\n".join(body)).strip(), "", "</details>"]
            close()
            prose.append(line)
        elif not line.startswith("!["):  # a notebook draws its pictures itself
            prose.append(line)
    close()
    return parts


def _marked(text: str) -> list[str]:
    """Return the number of the exercise that a markdown part ends with, if the command marks it."""
    from fanlight.apps.exercises import exercises

    number = re.findall(r"^\*\*\S+ ([\d.]+)\.\*\*", text, re.MULTILINE)[-1]
    return [number] if number in exercises() else []


def _indented(lines: Iterator[str]) -> tuple[list[str], str]:
    """Take the indented lines; return them and the line after them."""
    body = []
    for line in lines:
        if line and not line.startswith("    "):
            return body, line
        body.append(line)
    return body, ""


def _relative(text: str, page: str) -> str:
    """Let a page's links lead from the folder of the notebooks."""
    folder = "../" if page.count("/") == 1 else "../ko/"
    return re.sub(r"\]\((?!http)([^)]*)\)", lambda m: f"]({os.path.normpath(folder + m[1])})", text)


def solutions(name: str) -> dict[str, str]:
    """Return the answer to each exercise: the first one that the page's solution marks."""
    text = (ROOT / PAGES[name][0]).read_text(encoding="utf-8")
    answers: dict[str, str] = {}
    for line in re.findall(r"^ *\$ (fanlight exercise .*)$", text, re.MULTILINE):
        words = shlex.split(line)
        answers.setdefault(words[2], words[3])
    return answers


def run(name: str, folder: Path) -> str:
    """Run a notebook in a folder, with the solutions as answers; return what its cells print."""
    from nbclient import NotebookClient

    notebook = notebook_of(name)
    answers = solutions(name)
    for cell in notebook.cells:
        asked = re.search(r'mark\("([\d.]+)"', cell.source)
        if asked:
            cell.source = f"answer = {answers[asked[1]]!r}\n" + cell.source.partition("\n")[2]
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return "".join(output.get("text", "") for output in outputs)


def write_pictures() -> None:
    """Run the English page and keep the pictures that it draws."""
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / PAGES["lecture"][0]).read_text(), re.DOTALL | re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "MPLBACKEND": "agg", "SOURCE_DATE_EPOCH": "0"}
        subprocess.run([sys.executable, "-c", "\n".join(blocks)], cwd=folder, env=environment, check=True)
        for picture in Path(folder).glob("*.svg"):
            drawn = re.sub(
                r"(<svg[^>]*>)", r'\1<rect width="100%" height="100%" fill="white"/>', picture.read_text(), count=1
            )
            (ROOT / "docs" / "pictures" / picture.name).write_text(drawn)  # white, also on a dark page


def main(arguments: list[str]) -> None:
    """Write the notebooks, or do what the arguments ask for."""
    from nbformat import write

    if arguments[:1] == ["--run"]:
        with tempfile.TemporaryDirectory() as folder:
            print(run(arguments[1], Path(folder)))
        return
    if "--pictures" in arguments:
        write_pictures()
    FOLDER.mkdir(exist_ok=True)
    for name in PAGES:
        write(notebook_of(name), FOLDER / f"{name}.ipynb")


if __name__ == "__main__":
    main(sys.argv[1:])
