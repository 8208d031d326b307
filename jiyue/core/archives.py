"""What reading a damaged archive raises."""

import lzma
import zipfile
import zlib

# The module zipfile lets errors of its decompressors through: zlib's and lzma's own, OSError of bz2;
# RuntimeError for a member with a password, its subclass NotImplementedError for an unknown method.
UNREADABLE_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError)
