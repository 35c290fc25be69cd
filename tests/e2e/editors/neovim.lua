-- Drives a real Neovim: sees the diagnostic of a planted copy, runs the code action, sees the attribution in the buffer, and
-- sees it quiet. WAY is how diagnostics have to come.
local way = os.getenv("WAY")

local function say(text)
  io.stdout:write(text .. "\n")
end

local function give_up(text)
  say("FAILED  " .. text)
  vim.cmd("cquit!")
end

local function check(what, expected, found)
  if not vim.deep_equal(expected, found) then
    give_up(what .. ": expected " .. vim.inspect(expected) .. ", found " .. vim.inspect(found))
  end
  say("ok      " .. what .. ": " .. vim.inspect(found))
end

local function wait(what, condition)
  if not vim.wait(20000, condition, 20) then
    give_up(what .. " never came")
  end
end

local function codes()
  local list = vim.tbl_map(function(it) return it.code end, vim.diagnostic.get(0))
  table.sort(list)
  return list
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, false), "\n")
end

vim.cmd("edit summary.py")
wait("the client", function()
  local clients = vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.lsp.buf_get_clients(0)
  local _, client = next(clients)
  return client and client.initialized ~= false and client.server_capabilities
end)
wait("the diagnostic", function() return #vim.diagnostic.get(0) > 0 end)
check("diagnostics of the copy", { "attribution-missing" }, codes())
local clients = vim.lsp.get_clients and vim.lsp.get_clients({ bufnr = 0 }) or vim.lsp.buf_get_clients(0)
local _, client = next(clients)
local pulls = client.server_capabilities.diagnosticProvider ~= nil
check("how diagnostics come", way, pulls and "pull" or "push")

vim.api.nvim_win_set_cursor(0, { vim.diagnostic.get(0)[1].lnum + 1, 0 })
local position = vim.lsp.util.make_position_params(0, client.offset_encoding)
local hover = client.request_sync("textDocument/hover", position, 10000, 0)
check("hover names the owner", true, hover.result.contents.value:find("pkg:generic/plaintable@0.9.2", 1, true) ~= nil)

vim.ui.select = function(items, options, choose)
  for _, item in ipairs(items) do
    if options.format_item(item):find("Declare as code of plaintable", 1, true) then
      return choose(item)
    end
  end
  give_up("there is no action that declares")
end
vim.lsp.buf.code_action()
wait("the attribution", function() return text():find("SPDX-SnippetBegin", 1, true) ~= nil end)
check("tags in the buffer", true, text():find("adapted from pkg:generic/plaintable@0.9.2", 1, true) ~= nil)
wait("quiet", function() return #vim.diagnostic.get(0) == 0 end)
vim.cmd("silent write")
vim.wait(500)
check("diagnostics once it is declared and saved", {}, codes())

-- An edit that takes the tags out again brings the diagnostic back.
vim.cmd("silent undo")
wait("the diagnostic again", function() return #vim.diagnostic.get(0) > 0 end)
check("diagnostics once it is undone", { "attribution-missing" }, codes())
vim.cmd("silent redo")
wait("quiet again", function() return #vim.diagnostic.get(0) == 0 end)
vim.cmd("silent! write")
say("all is well")
vim.cmd("qall!")
