live.epoch = given_ends.epoch and live.state = 3
