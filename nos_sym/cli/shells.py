"""The scripts that ask for completions in bash, zsh and fish, and the lines that each of them reads.

A shell hands over the command line up to the cursor in ``COMP_WORDS``. What is offered is ``plain``, a word;
``part``, the beginning of one, behind which no blank belongs; or ``file``, which stands alone and leaves it
to the shell to complete names of files. No script writes anything on standard error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from click.shell_completion import CompletionItem

from nos_sym.cli.typed import Typed, written

VARIABLE = "_NOS_SYM_COMPLETE"
"""Environment variable that says what is asked for, as in ``bash_complete``."""

_BASH = """\
# Completion of nos-sym for bash 4.4 or later.
_nos_sym_completion() {
    local kind value
    COMPREPLY=()
    while IFS=, read -r kind value; do
        case $kind in
            plain) COMPREPLY+=("$value") ;;
            part) COMPREPLY+=("$value"); compopt -o nospace ;;
            file) compopt -o default ;;
        esac
    done < <(COMP_WORDS="${COMP_LINE:0:COMP_POINT}" _NOS_SYM_BREAKS="$COMP_WORDBREAKS" \\
        _NOS_SYM_COMPLETE=bash_complete "$1" 2>/dev/null)
}
complete -o nosort -F _nos_sym_completion nos-sym
"""

_ZSH = """\
#compdef nos-sym
# Completion of nos-sym for zsh.
_nos_sym_completion() {
    local kind value said file=0
    local -a whole part whole_said part_said
    while IFS= read -r kind && IFS= read -r value && IFS= read -r said; do
        case $kind in
            plain) whole+=("$value"); whole_said+=("$value${said:+  -- $said}") ;;
            part) part+=("$value"); part_said+=("$value${said:+  -- $said}") ;;
            file) file=1 ;;
        esac
    done < <(COMP_WORDS="${(j: :)words[1,CURRENT-1]} $QIPREFIX$IPREFIX$PREFIX" \\
        _NOS_SYM_COMPLETE=zsh_complete "${(Q)words[1]}" 2>/dev/null)
    (( $#whole )) && compadd -U -V names -l -d whole_said -a whole
    (( $#part )) && compadd -U -V beginnings -l -S '' -d part_said -a part
    (( file )) && _files
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _nos_sym_completion "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -D }
    compdef _nos_sym_completion nos-sym
fi
"""

_FISH = """\
# Completion of nos-sym for fish 3.1 or later.
function _nos_sym_completion
    for line in (COMP_WORDS=(commandline -cp) _NOS_SYM_COMPLETE=fish_complete nos-sym 2>/dev/null)
        set -l parts (string split -m 1 , -- $line)
        switch $parts[1]
            case plain part
                echo -- $parts[2]
            case file
                __fish_complete_path (commandline -ct)
        end
    end
end
complete --command nos-sym --no-files --keep-order --arguments '(_nos_sym_completion)'
"""

SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""


def breaks_of(shell: str) -> str:
    """Return the characters at which a shell breaks a word that it completes, blanks and quotes apart."""
    return os.environ.get("_NOS_SYM_BREAKS", "=:") if shell == "bash" else ""


def _in_bash(item: CompletionItem[str], at: Typed) -> str:
    return f"{item.type},{written(item.value, at)}"


def _in_zsh(item: CompletionItem[str], at: Typed) -> str:
    del at  # zsh quotes what it inserts
    return f"{item.type}\n{item.value}\n{item.help or ''}"


def _in_fish(item: CompletionItem[str], at: Typed) -> str:
    del at  # so does fish
    return f"{item.type},{item.value}" + (f"\t{item.help}" if item.help else "")


_LINES: dict[str, Callable[[CompletionItem[str], Typed], str]] = {
    "bash": _in_bash,
    "zsh": _in_zsh,
    "fish": _in_fish,
}


def lines_for(shell: str, items: Iterable[CompletionItem[str]], at: Typed) -> list[str]:
    """Return what is offered as the script of a shell reads it.

    What has a line end or another character that a terminal obeys, as a name of a file may, is left out.
    """
    found = list(items)
    shown = [item for item in found if str(item.value).isprintable() and (item.help or "").isprintable()]
    return [_LINES[shell](item, at) for item in shown]
