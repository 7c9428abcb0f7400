"""``python -m fanlight`` is the `fanlight` command."""

from fanlight.apps.cli.main import main

if __name__ == "__main__":
    main()
