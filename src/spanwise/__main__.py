"""`python -m spanwise` is the `spanwise` command."""

from spanwise.cli.main import main

main()
