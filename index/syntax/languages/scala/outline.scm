(class_definition name: (identifier) @name) @class
(trait_definition name: (identifier) @name) @trait
(object_definition name: (identifier) @name) @object
(enum_definition name: (identifier) @name) @enum
(simple_enum_case name: (identifier) @name) @enumerator
(full_enum_case name: (identifier) @name) @enumerator
(function_definition name: [(identifier) (operator_identifier)] @name) @def
(function_declaration name: [(identifier) (operator_identifier)] @name) @def
(type_definition name: (type_identifier) @name) @type
(val_definition pattern: (identifier) @name) @val
(val_declaration name: (identifier) @name) @val
(var_definition pattern: (identifier) @name) @var
(var_declaration name: (identifier) @name) @var
(class_parameter "val" name: (identifier) @name) @field
(class_parameter "var" name: (identifier) @name) @field
