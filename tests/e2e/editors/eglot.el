;; Drives a real Emacs with eglot: sees the diagnostic of a planted copy, runs the code action, sees the attribution in the
;; buffer, and sees it quiet.

(require 'cl-lib)
(require 'flymake)

(defun texts () (mapcar #'flymake-diagnostic-text (flymake-diagnostics)))

(find-file "summary.py")
(unless (eglot-current-server)
  (apply #'eglot--connect (eglot--guess-contact)))
(wait "the server" #'eglot-current-server)
(unless flymake-mode (flymake-mode 1))
(flymake-start)
(wait "the diagnostic" #'texts)
(check "diagnostics of the copy" 1 (length (texts)))
(check "it names the owner" t (and (string-match-p "pkg:generic/plaintable@0.9.2" (car (texts))) t))

(goto-char (flymake-diagnostic-beg (car (flymake-diagnostics))))
(let* ((actions (append (eglot-code-actions (point) (point)) nil))
       (titles (mapcar (lambda (action) (plist-get action :title)) actions))
       (declares (cl-find-if (lambda (action) (string-prefix-p "Declare as code of plaintable" (plist-get action :title))) actions)))
  (check "an action declares" t (and declares t))
  (let ((eglot-confirm-server-initiated-edits nil)
        (command (plist-get declares :command)))
    (eglot-execute-command (eglot-current-server) (intern (plist-get command :command)) (plist-get command :arguments))))
(wait "the attribution" (lambda () (string-match-p "SPDX-SnippetBegin" (buffer-string))))
(check "tags in the buffer" t (and (string-match-p "adapted from pkg:generic/plaintable@0.9.2" (buffer-string)) t))
(let ((inhibit-message t)) (save-buffer))
(wait "quiet" (lambda () (flymake-start) (null (texts))))
(check "diagnostics once it is declared and saved" nil (texts))
(eglot-shutdown (eglot-current-server))
(check "the server after its end" nil (eglot-current-server))
(say "all is well")
