state >= 3
