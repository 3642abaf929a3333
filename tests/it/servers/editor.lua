-- Opens a new flow in Neovim with a slip in it, looks at what the language server tells, and mends the slip.
local pack, seen = os.getenv("PACK"), {}
local lines = {
  "flow: extra",
  "title: 😀 Extra",
  "why: A flow of the tests.",
  "queue: acounts",
  "starts: {examples: [an extra thing please, one more thing, extras, something extra, give me extra]}",
  "steps:",
  "  - say: Hello.",
}
vim.cmd("edit " .. vim.fn.fnameescape(pack .. "/flows/tickets/extra.yaml"))
vim.api.nvim_buf_set_lines(0, 0, -1, false, lines)
local ended = false
local client = vim.lsp.start_client({
  name = "caredesk",
  cmd = { os.getenv("SERVER"), "--pack", pack, "lsp" },
  root_dir = pack,
  on_exit = function(code) ended = code == 0 end,
})
vim.lsp.buf_attach_client(0, client)
vim.wait(60000, function() return #vim.diagnostic.get(0) > 0 end)
seen.broken = {}
for _, finding in ipairs(vim.diagnostic.get(0)) do
  local line = vim.api.nvim_buf_get_lines(0, finding.lnum, finding.lnum + 1, false)[1]
  local text = line:sub(finding.col + 1, finding.end_col)
  table.insert(seen.broken, { code = finding.code, line = finding.lnum, text = text, message = finding.message })
end
vim.api.nvim_buf_set_lines(0, 3, 4, false, { "queue: accounts" })
vim.wait(60000, function() return #vim.diagnostic.get(0) == 0 end)
seen.mended = #vim.diagnostic.get(0)
local function ask(method, line, character)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(),
    position = { line = line, character = character },
  }
  local answers = vim.lsp.buf_request_sync(0, method, params, 60000)
  return answers and answers[client] and answers[client].result or {}
end
seen.hover = (ask("textDocument/hover", 3, 9).contents or {}).value
seen.definition = ask("textDocument/definition", 3, 9).uri
seen.words = {}
for _, item in ipairs(ask("textDocument/completion", 3, 7).items or {}) do
  table.insert(seen.words, item.label)
end
vim.lsp.stop_client(client)
vim.wait(60000, function() return ended end)
seen.ended = ended
vim.fn.writefile({ vim.fn.json_encode(seen) }, os.getenv("SEEN"))
