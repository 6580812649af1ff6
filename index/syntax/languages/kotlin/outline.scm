(class_declaration "interface" (type_identifier) @name [(class_body) (enum_class_body)]? @body) @interface
(class_declaration "enum" (type_identifier) @name (enum_class_body)? @body) @enum
(class_declaration "class" . (type_identifier) @name [(class_body) (enum_class_body)]? @body) @class
(object_declaration (type_identifier) @name (class_body)? @body) @object
(companion_object (type_identifier)? @name (class_body)? @body) @companion
(enum_entry (simple_identifier) @name (class_body)? @body) @enumerator
(function_declaration (simple_identifier) @name (function_body)? @body) @def
(secondary_constructor "constructor" @name (statements)? @body) @constructor
(property_declaration (variable_declaration (simple_identifier) @name)) @property
(class_parameter (binding_pattern_kind) (simple_identifier) @name) @field
(type_alias (type_identifier) @name) @type
