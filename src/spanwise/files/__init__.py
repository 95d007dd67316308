"""Files that survive a crash, and their checksums."""
