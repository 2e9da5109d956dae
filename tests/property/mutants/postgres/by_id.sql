live.id = ended.id
