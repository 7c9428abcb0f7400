"""``python -m fanlight`` is the `fanlight` command."""

from fanlight.apps.cli.edge import main

if __name__ == "__main__":
    main()
