" Drives a real Vim with ALE: sees the diagnostic of a planted copy, accepts it by a code action, and sees it quiet. ALE
" applies no edits of a server, so it cannot attribute. What the driver says goes to the file $SAID.

function! Say(text) abort
  call writefile([a:text], $SAID, 'a')
endfunction

function! GiveUp(text) abort
  call Say('FAILED  ' . a:text)
  cquit!
endfunction

function! Check(what, expected, found) abort
  if a:expected != a:found
    call GiveUp(a:what . ': expected ' . string(a:expected) . ', found ' . string(a:found))
  endif
  call Say('ok      ' . a:what . ': ' . string(a:found))
endfunction

function! Wait(what, Condition) abort
  let l:end = localtime() + 20
  while !a:Condition()
    if localtime() > l:end
      call GiveUp(a:what . ' never came')
    endif
    sleep 20m
  endwhile
endfunction

function! Problems() abort
  return get(get(g:ale_buffer_info, bufnr(''), {}), 'loclist', [])
endfunction

function! Codes() abort
  return map(copy(Problems()), 'v:val.code')
endfunction

" Runs an action as the menu of ALE does.
function! Choose(title, data, items) abort
  let l:chosen = filter(map(copy(a:items), 'v:val[1]'), 'v:val.title ==# a:title')
  call Check('actions "' . a:title . '"', 1, len(l:chosen))
  call ale#codefix#ApplyLSPCodeAction(a:data, l:chosen[0])
endfunction

function! Preview() abort
  let l:windows = filter(range(1, winnr('$')), {_, window -> getwinvar(window, '&previewwindow')})
  return empty(l:windows) ? '' : join(getbufline(winbufnr(l:windows[0]), 1, '$'), "\n")
endfunction

function! Drive() abort
  let g:ale_hover_to_preview = 1
  edit summary.py
  call Wait('the diagnostic', {-> !empty(Codes())})
  call Check('diagnostics of the copy', ['attribution-missing'], Codes())
  call Check('it names the owner', 1, Problems()[0].text =~# 'pkg:generic/plaintable@0.9.2')
  call cursor(Problems()[0].lnum, 1)
  ALEHover
  call Wait('the hover', {-> !empty(Preview())})
  call Check('hover names the owner', 1, Preview() =~# 'pkg:generic/plaintable@0.9.2')
  pclose
  call ale#codefix#Execute(0, function('Choose', ['Accept: written here, not copied']))
  call Wait('quiet', {-> empty(Codes())})
  call Say('all is well')
  qall!
endfunction

try
  call Drive()
catch
  call GiveUp(v:exception . ' at ' . v:throwpoint)
endtry
