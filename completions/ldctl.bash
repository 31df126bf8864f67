# bash completion for ldctl. In ~/.bashrc: eval "$(ldctl completion bash)"
_ldctl() {
  local i piece word prefix value quote= then=:done
  local -a words=()
  COMPREPLY=()
  # Bash takes = and : for the end of a word. Glued together again, the pieces are what was typed.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    piece=${COMP_WORDS[i]}
    if ((i > 1)) && [[ $piece == [=:]* || ${COMP_WORDS[i - 1]} == *[=:] ]]; then
      words[${#words[@]} - 1]+=$piece
    else
      words+=("$piece")
    fi
  done
  # Of the word, bash replaces the last piece only.
  [[ $piece == [=:]* ]] && piece=
  word=${words[${#words[@]} - 1]}
  prefix=${word%"$piece"}
  [[ $piece == [\"\']* ]] && quote=${piece:0:1}
  for ((i = 0; i < ${#words[@]}; i++)); do
    value=${words[i]}
    if [[ $value == [\"\']* ]]; then
      [[ $value == ?*"${value:0:1}" ]] && value=${value%?}
      words[i]=${value:1}
    else
      words[i]=${value//\\/}
    fi
  done
  while IFS= read -r value; do
    if [[ $value == :* ]]; then
      then=$value
      continue
    fi
    value=${value%%$'\t'*}
    value=${value#"$prefix"}
    # A value may hold anything, and is only ever put into the line as text.
    case $quote in
      \') [[ $value != *\'* ]] && COMPREPLY+=("$value") ;;
      \") [[ $value != *[\"\$\`\\!]* ]] && COMPREPLY+=("$value") ;;
      *)
        [[ $value == *[!A-Za-z0-9@%+=:,./_-]* ]] && value=$(printf %q "$value")
        COMPREPLY+=("$value")
        ;;
    esac
  done < <(ldctl __complete "${words[@]}" 2>/dev/null </dev/null)
  [[ $then == :files ]] && compopt -o default 2>/dev/null
}
complete -F _ldctl ldctl
