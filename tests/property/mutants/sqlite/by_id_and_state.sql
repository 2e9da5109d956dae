live.state = 3
