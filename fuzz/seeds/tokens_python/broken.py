def f(:
  (){ [
 class /*/*/* "