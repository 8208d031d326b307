"""The open interface of intake, its clients and its quarantine."""
