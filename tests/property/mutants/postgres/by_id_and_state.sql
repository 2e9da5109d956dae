state = 3
