(message (message_name) @name (message_body) @body) @message
(enum (enum_name) @name (enum_body) @body) @enum
(enum_field . (identifier) @name) @value
(service (service_name) @name) @service
(rpc (rpc_name) @name) @rpc
(field (identifier) @name) @field
(map_field (identifier) @name) @field
(oneof . (identifier) @name) @oneof
(oneof_field (identifier) @name) @field
