"""Makes ``python -m spanledger_node`` the same as ``spanledger``."""

from spanledger_node.cli import main

main()
