;; What the drivers of Emacs share: they say what they see, compare it with what they expect, and wait for it.

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
