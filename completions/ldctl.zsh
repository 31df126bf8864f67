#compdef ldctl
# zsh completion for ldctl. In ~/.zshrc, after compinit: source <(ldctl completion zsh)
# Or keep it as a file _ldctl in a folder of $fpath.
_ldctl() {
  local line then
  local -a lines values words_before
  ((CURRENT > 2)) && words_before=("${(@Q)words[2,CURRENT-1]}")
  lines=("${(@f)$(ldctl __complete "${(@)words_before}" "${(Q)PREFIX}" 2>/dev/null </dev/null)}")
  then=$lines[-1]
  for line in "${(@)lines[1,-2]}"; do
    # Here a colon separates a value from its description.
    values+=("${${line%%$'\t'*}//:/\\:}${${(M)line%%$'\t'*}:+:${line#*$'\t'}}")
  done
  case $then in
    :files) compset -P '--*='; _files ;;
    *) _describe -t values ldctl values ;;
  esac
}
# As a file of $fpath it is run for its first completion; when it is sourced, it registers itself.
if [[ $funcstack[1] == _ldctl ]]; then _ldctl "$@"; else compdef _ldctl ldctl; fi
