-- Receive what `notify` tells on the channel of this schema; sent by the simple protocol.
listen /* SCHEMA_NAME */
