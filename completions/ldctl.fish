# fish completion for ldctl. In ~/.config/fish/config.fish: ldctl completion fish | source
function __ldctl_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct | string unescape)
    set -l lines (command ldctl __complete $words[2..] "$word" 2>/dev/null </dev/null)
    if test "$lines[-1]" = :files
        set -l prefix (string match -r '^--[^=]*=' -- $word)
        __fish_complete_path (string replace -- "$prefix" '' $word) | string replace -r -- '^' "$prefix"
    else
        string match -v -r '^:' -- $lines
    end
end
complete -c ldctl -f -a '(__ldctl_complete)'
