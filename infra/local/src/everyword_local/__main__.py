"""`python -m everyword_local` is the `everyword` command."""

from everyword_local.command import main

main()
