(element (start_tag (attribute (attribute_name) @_key (quoted_attribute_value) @name)) (#eq? @_key "id")) @id
(element (start_tag (attribute (attribute_name) @_key (attribute_value) @name)) (#eq? @_key "id")) @id
(element (self_closing_tag (attribute (attribute_name) @_key (quoted_attribute_value) @name)) (#eq? @_key "id")) @id
(script_element (start_tag (attribute (attribute_name) @_key (quoted_attribute_value) @name)) (#eq? @_key "id")) @id
