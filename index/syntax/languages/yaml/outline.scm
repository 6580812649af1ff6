(block_mapping_pair key: (_) @name value: (_)? @inner) @field
(flow_pair key: (_) @name value: (_)? @inner) @field
