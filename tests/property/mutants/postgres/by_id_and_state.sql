live.id = ended.id and live.state = 3
