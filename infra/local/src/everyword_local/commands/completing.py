"""`everyword completion`: what a shell needs to complete the command's names and options."""

import click
from click.shell_completion import get_completion_class

VARIABLE = "_EVERYWORD_COMPLETE"


@click.command(
    epilog='bash: eval "$(everyword completion bash)" in ~/.bashrc; zsh: the same in ~/.zshrc; '
    "fish: everyword completion fish > ~/.config/fish/completions/everyword.fish"
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what makes a shell complete `everyword`."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(context.find_root().command, {}, "everyword", VARIABLE).source())
