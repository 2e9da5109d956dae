live.id = ended.id and live.epoch = ended.epoch and live.state = 3
