; Package-level declarations, and the members of struct and interface types.
(source_file (function_declaration name: (identifier) @name body: (_)? @body) @def)
(source_file (method_declaration name: (field_identifier) @name body: (_)? @body) @method)
(source_file (type_declaration (type_spec name: (type_identifier) @name type: (_) @inner) @type))
(source_file (type_declaration (type_alias name: (type_identifier) @name type: (_) @inner) @type))
(source_file (const_declaration (const_spec name: (identifier) @name) @const))
(source_file (var_declaration (var_spec name: (identifier) @name type: (_)? @inner) @var))
(field_declaration name: (field_identifier) @name type: (_) @inner) @field
(field_declaration !name type: (_) @name) @field
(interface_type (method_elem name: (field_identifier) @name) @method)
(interface_type (type_elem) @name @field)
