"""The command ``spanledger``, also as ``python -m spanledger_cli``."""

import sys

from spanledger_cli import help_alone


def main() -> None:
    """Run the command line, or say what to install when only the in-app library is there."""
    if help_alone.is_asked_for(sys.argv[1:]):
        help_alone.leave_libraries_out()
    try:
        from spanledger_cli.cli import main as run  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(130)
    except ModuleNotFoundError as error:
        sys.exit(
            f"spanledger: error: {error.name} is not installed: the in-app library came alone; "
            "the command line needs pip install 'spanledger[node]'"
        )
    try:
        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
