(from_instruction as: (image_alias) @name) @stage
(arg_instruction name: (unquoted_string) @name) @var
(env_instruction (env_pair name: (unquoted_string) @name) @var)
