;; Drives a real Emacs with lsp-mode: sees the diagnostic of a planted copy, runs the code action, sees the attribution in the
;; buffer, and sees it quiet.

(require 'cl-lib)
;; Nobody is there to be asked for the root of the project.
(setq lsp-auto-guess-root t)

(defun texts ()
  (mapcar #'lsp:diagnostic-message (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics t))))

(find-file "summary.py")
(wait "the server"
      (lambda () (and (lsp-workspaces) (eq 'initialized (lsp--workspace-status (car (lsp-workspaces)))))))
(wait "the diagnostic" #'texts)
(check "diagnostics of the copy" 1 (length (texts)))
(check "it names the owner" t (and (string-match-p "pkg:generic/plaintable@0.9.2" (car (texts))) t))

(search-forward "GUTTER = ")
(let* ((declares-p (lambda (action) (string-prefix-p "Declare as code of plaintable" (lsp:code-action-title action))))
       (declares (cl-find-if declares-p (append (lsp-code-actions-at-point) nil))))
  (check "an action declares" t (and declares t))
  ;; `lsp-execute-code-action' waits for the answer and leaves its process filter by a throw when it
  ;; comes. lsp-mode 8.0 loses the messages that arrived together with the answer, here the empty
  ;; diagnostics. So the command is sent without waiting.
  (let ((command (lsp:code-action-command? declares)))
    (lsp-request-async "workspace/executeCommand"
                       (list :command (lsp:command-command command)
                             :arguments (lsp:command-arguments? command))
                       #'ignore)))
(wait "the attribution" (lambda () (string-match-p "SPDX-SnippetBegin" (buffer-string))))
(check "tags in the buffer" t (and (string-match-p "adapted from pkg:generic/plaintable@0.9.2" (buffer-string)) t))
(let ((inhibit-message t)) (save-buffer))
(wait "quiet" (lambda () (null (texts))))
(check "diagnostics once it is declared and saved" nil (texts))
(wait "the notices" (lambda () (file-exists-p "THIRD-PARTY.md")))
(say "all is well")
(kill-emacs 0)
