from pathlib import Path

from studio import picture

README = Path(__file__).parent.parent / "README.md"


def test_the_picture_in_the_readme_is_the_graphs_own() -> None:
    assert f"```mermaid\n{picture().strip()}\n```" in README.read_text("utf-8"), (
        "renew it: python studio.py"
    )
