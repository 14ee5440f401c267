"""`python -m leadscore` is the command too."""

from leadscore.command import main

if __name__ == "__main__":
    main()
