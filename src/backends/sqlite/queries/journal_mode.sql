-- Read how the file is written: "wal".
pragma journal_mode
