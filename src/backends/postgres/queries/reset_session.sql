-- Leave nothing of one attempt's session to the next one's.
discard all
