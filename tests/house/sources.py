"""Our own files, as the house tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Module:
    """A Python file under app/. `name` is as it is imported: `app.web.pages`."""

    path: Path

    @cached_property
    def name(self) -> str:
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @cached_property
    def imports(self) -> frozenset[str]:
        """Full names of everything imported, wherever the import stands: modules, and modules' contents as `a.b.c`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                found.update(f"{node.module}.{alias.name}" for alias in node.names)
        return frozenset(found)

    @cached_property
    def own_imports(self) -> frozenset[str]:
        """The modules of ours among them, as modules."""
        ours = {module.name for module in modules()}
        found = {name if name in ours else name.rpartition(".")[0] for name in self.imports if name.startswith("app.")}
        return frozenset(found & ours)

    def calls(self) -> Iterator[tuple[int, str]]:
        """Line and dotted name of everything called or read: `datetime.now`, `os.environ`, `session.commit`."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Attribute):
                yield node.lineno, ast.unparse(node)


@cache
def modules() -> tuple[Module, ...]:
    return tuple(Module(path) for path in sorted((ROOT / "app").rglob("*.py")))


@cache
def kept_files() -> tuple[Path, ...]:
    """The files that a commit would hold: tracked ones and new ones, but none that .gitignore names."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return tuple(path for name in sorted(set(listed.stdout.split("\0")) - {""}) if (path := ROOT / name).is_file())
