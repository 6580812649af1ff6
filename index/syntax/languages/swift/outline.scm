(class_declaration declaration_kind: ["class" "actor"] name: (type_identifier) @name) @class
(class_declaration declaration_kind: "struct" name: (type_identifier) @name) @struct
(class_declaration declaration_kind: "enum" name: (type_identifier) @name) @enum
(class_declaration declaration_kind: "extension" name: (_) @name) @extension
(protocol_declaration name: (type_identifier) @name) @protocol
(enum_entry name: (simple_identifier) @name) @enumerator
(function_declaration name: (simple_identifier) @name) @def
(protocol_function_declaration name: (simple_identifier) @name) @def
(init_declaration name: "init" @name) @init
(protocol_property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @property
(subscript_declaration "subscript" @name) @subscript
(typealias_declaration name: (type_identifier) @name) @type
(associatedtype_declaration name: (type_identifier) @name) @type
(property_declaration name: (pattern bound_identifier: (simple_identifier) @name)) @property
