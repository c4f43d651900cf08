"""Entry point of the field app for the packagers (python-for-android and PyInstaller look for it)."""

from stadsveld_field.app import main

if __name__ == "__main__":
    main()
