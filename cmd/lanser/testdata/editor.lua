-- Neovim as a client of 'lanser serve --protocol lsp': asks, and writes what it was told.
local root, out = os.getenv("WORKSPACE"), {}

local function fail(why)
  io.stderr:write(tostring(why) .. "\n")
  vim.cmd("cquit 1")
end

local function open(name)
  vim.cmd("edit " .. root .. "/" .. name)
  vim.cmd("setlocal noswapfile")
  return vim.api.nvim_get_current_buf()
end

local function main()
  local initialized = false
  local id = vim.lsp.start_client({
    cmd = { os.getenv("LANSER"), "serve", "--protocol", "lsp" }, root_dir = root, name = "lanser",
    workspace_folders = { { uri = vim.uri_from_fname(root), name = "w" } },
    on_init = function() initialized = true end,
  })
  assert(vim.wait(30000, function() return initialized end, 10), "no initialize")
  local client = vim.lsp.get_client_by_id(id)

  local function ask(buffer, method, params)
    local answer = client.request_sync(method, params, 60000, buffer)
    assert(answer, method .. " is not answered")
    return answer.result, answer.err
  end
  local function at(buffer, line, character)
    return { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = line, character = character } }
  end
  local function place(location)
    local file = vim.uri_to_fname(location.uri):gsub("^" .. vim.pesc(root) .. "/", "")
    return file .. ":" .. location.range.start.line .. ":" .. location.range.start.character
  end
  local function places(list)
    local all = {}
    for _, l in ipairs(list) do table.insert(all, place(l)) end
    table.sort(all)
    return all
  end
  local function references(buffer, line, character)
    local params = at(buffer, line, character)
    params.context = { includeDeclaration = true }
    return places((ask(buffer, "textDocument/references", params)))
  end
  local function findings(buffer)
    local found
    assert(vim.wait(60000, function()
      found = vim.diagnostic.get(buffer)
      return #found > 0
    end, 20), "no findings are published")
    return found
  end

  local b = open("b.go")
  vim.lsp.buf_attach_client(b, id)
  -- the letter before the call takes two units of UTF-16, and four bytes
  out["go definition"] = places((ask(b, "textDocument/definition", at(b, 3, 10))))
  out["go references"] = references(b, 3, 10)
  out["go hover"] = ask(b, "textDocument/hover", at(b, 3, 10)).contents.value:find("F does it.", 1, true) ~= nil
  out["go findings"] = {}
  for _, d in ipairs(findings(b)) do
    table.insert(out["go findings"], "b.go:" .. d.lnum .. ":" .. #vim.api.nvim_buf_get_lines(b, d.lnum, d.lnum + 1, true)[1]:sub(1, d.col) .. " " .. d.message)
  end
  vim.api.nvim_buf_set_lines(b, -1, -1, true, { "func H() { F() }" })
  out["go unsaved"] = references(b, 3, 10)
  local _, refused = ask(b, "textDocument/rename", vim.tbl_extend("force", at(b, 3, 10), { newName = "X" }))
  out["rename"] = refused.message
  _, refused = ask(b, "workspace/executeCommand", { command = "gopls.tidy" })
  out["command"] = refused.message
  out["located"] = place(ask(b, "lanser/locate", { selector = "go://*#F" }).location):gsub(":%d+$", ":5")
  local symbols = {}
  for _, s in ipairs((ask(b, "textDocument/documentSymbol", { textDocument = { uri = vim.uri_from_fname(root .. "/a.go") } }))) do table.insert(symbols, s.name) end
  out["symbols"] = symbols
  local callers = {}
  local item = ask(b, "textDocument/prepareCallHierarchy", at(b, 3, 10))[1]
  for _, c in ipairs((ask(b, "callHierarchy/incomingCalls", { item = item }))) do table.insert(callers, c.from.name) end
  table.sort(callers)
  out["callers"] = callers
  vim.api.nvim_buf_set_lines(b, -2, -1, true, {})

  local q = open("q.py")
  vim.lsp.buf_attach_client(q, id)
  out["py definition"] = places((ask(q, "textDocument/definition", at(q, 2, 0))))
  out["py references"] = references(q, 2, 0)
  out["py hover"] = ask(q, "textDocument/hover", at(q, 2, 0)).contents.value:find("Says f.", 1, true) ~= nil
  out["py findings"] = #findings(q)

  local f = assert(io.open(os.getenv("OUT"), "w"))
  f:write(vim.json.encode(out))
  f:close()
  client.stop()
  vim.wait(10000, function() return client.is_stopped() end, 10)
  vim.cmd("qall!")
end

local ok, why = xpcall(main, debug.traceback)
if not ok then fail(why) end
