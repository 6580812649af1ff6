(namespace_declaration name: (_) @name) @namespace
(class_declaration name: (identifier) @name) @class
(struct_declaration name: (identifier) @name) @struct
(record_declaration name: (identifier) @name) @record
(interface_declaration name: (identifier) @name) @interface
(enum_declaration name: (identifier) @name) @enum
(enum_member_declaration name: (identifier) @name) @enumerator
(delegate_declaration name: (identifier) @name) @delegate
(method_declaration name: (identifier) @name) @method
(constructor_declaration name: (identifier) @name) @constructor
(destructor_declaration name: (identifier) @name) @constructor
; What follows #if confuses the grammar: a statement is no function.
(local_function_statement name: (identifier) @name (#not-match? @name "^(if|for|foreach|while|switch|using|lock|catch|return|fixed)$")) @def
(operator_declaration operator: _ @name) @operator
(conversion_operator_declaration type: (_) @name) @conversion
(property_declaration name: (identifier) @name) @property
(event_declaration name: (identifier) @name) @event
(event_field_declaration (variable_declaration (variable_declarator . (identifier) @name))) @event
(field_declaration (variable_declaration (variable_declarator . (identifier) @name))) @field
(indexer_declaration "this" @name) @indexer
