"""Models and engines by command, as a person and a script ask for them."""

from pathlib import Path

from support.stack import Everyword


def test_models_and_engines_are_listed_with_what_to_do(tmp_path: Path) -> None:
    everyword = Everyword(tmp_path)
    (tmp_path / "everyword.toml").write_text(
        f'[models]\ncache = "{tmp_path / "models"}"\noffline = true\n'
    )
    listed = {model["name"]: model for model in everyword.json("models", "list")["models"]}
    assert {"tiny.en", "base", "small", "large-v3-turbo"} <= set(listed)
    assert all(model["bytes"] > 0 and model["licence"] for model in listed.values())
    engines = {each["name"]: each for each in everyword.json("engines", "list")["engines"]}
    assert engines["pocketsphinx"]["works"]
    assert all(each["works"] or each["detail"] for each in engines.values())
    assert "no model" in everyword.error("models", "path", "nonsense", code=3)
    assert "everyword models fetch" in everyword.error("models", "fetch", "small.en", code=4)
    assert "not fetched" in everyword.error("models", "remove", "small.en", code=3)
    assert "whisperx" in everyword.error("engines", "install", "nonsense", code=1)
