;; Drives a real Emacs with eglot: sees the diagnostic of a planted copy, runs the code action, sees the attribution in the
;; buffer, and sees it quiet.

(require 'cl-lib)
(require 'flymake)

(defun say (text) (princ (concat text "\n")))

(defun check (what expected found)
  (unless (equal expected found)
    (say (format "FAILED  %s: expected %S, found %S" what expected found))
    (kill-emacs 1))
  (say (format "ok      %s: %S" what found)))

(defun wait (what condition)
  (let ((deadline (+ (float-time) 20)))
    (while (not (funcall condition))
      (when (> (float-time) deadline)
        (say (format "FAILED  %s never came" what))
        (kill-emacs 1))
      (accept-process-output nil 0.05)
      ;; Nobody is there to be idle; what waits for that is run here.
      (dolist (timer (copy-sequence timer-idle-list)) (timer-event-handler timer)))))

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
