#include "cli/completion_script.hpp"
#include <cctype>

namespace stint::cli {
namespace {

constexpr std::string_view kBash =
    R"(# bash completion of @PROGRAM@, made by `@PROGRAM@ completion bash`
@FUNCTION@() {
  # Readline breaks words at = and : as well; those that stand together are one to the program.
  local -a words=() found=()
  local rest=${COMP_LINE:0:COMP_POINT} piece stripped i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    stripped=${rest#"${rest%%[![:space:]]*}"}
    piece=${COMP_WORDS[i]}
    ((i == COMP_CWORD)) && piece=$stripped # up to the cursor
    if ((i == 0)) || [[ $stripped != "$rest" ]]; then words+=("$piece"); else words[-1]+=$piece; fi
    rest=${stripped#"$piece"}
  done
  local program=${COMP_WORDS[0]} current=${words[-1]}
  [[ $program == "~/"* ]] && program=$HOME/${program:2}
  mapfile -t found < <("$program" completion --words -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=()
  ((${#found[@]})) || return 0
  # What stands before the last break stays where it is.
  local breaks=${COMP_WORDBREAKS//[^=:@]/} kept=
  [[ -n $breaks ]] && kept=${current%"${current##*[$breaks]}"}
  local prefix=${found[0]#* } word quoted
  case ${found[0]} in
    files\ * | folders\ * | programs\ *)
      local kind=-f
      [[ ${found[0]} == folders\ * ]] && kind=-d
      [[ ${found[0]} == programs\ * ]] && kind=-c
      [[ $kind == -c ]] || compopt -o filenames 2>/dev/null
      while IFS= read -r word; do
        word=$prefix$word
        COMPREPLY+=("${word#"$kept"}")
      done < <(compgen "$kind" -- "${current#"$prefix"}")
      return 0
      ;;
    open\ *) compopt -o nospace 2>/dev/null ;;
  esac
  for word in "${found[@]:1}"; do
    word=${word%%$'\t'*}
    printf -v quoted %q "${word#"$kept"}"
    COMPREPLY+=("$quoted")
  done
}
complete -F @FUNCTION@ @PROGRAM@
)";

constexpr std::string_view kZsh = R"(#compdef @PROGRAM@
# zsh completion of @PROGRAM@, made by `@PROGRAM@ completion zsh`
@FUNCTION@() {
  local -a found pairs
  local line word
  found=("${(@f)$(${(Q)words[1]} completion --words -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  (( ${#found} )) || return 1
  local prefix=${found[1]#* }
  case ${found[1]} in
    files\ *) compset -P "${(b)prefix}"; _files; return ;;
    folders\ *) compset -P "${(b)prefix}"; _files -/; return ;;
    programs\ *) _command_names -e; return ;;
  esac
  for line in "${(@)found[2,-1]}"; do
    word=${line%%$'\t'*}
    pairs+=("${word//:/\\:}:${line#*$'\t'}")
  done
  if [[ ${found[1]} == open\ * ]]; then
    _describe '@PROGRAM@' pairs -S ''
  else
    _describe '@PROGRAM@' pairs
  fi
}
if [[ $funcstack[1] == _@PROGRAM@ ]]; then @FUNCTION@ "$@"; else compdef @FUNCTION@ @PROGRAM@; fi
)";

constexpr std::string_view kFish =
    R"(# fish completion of @PROGRAM@, made by `@PROGRAM@ completion fish`
function @FUNCTION@
    set -l words (commandline -opc) (commandline -ct)
    set -l found ($words[1] completion --words -- $words[2..-1] 2>/dev/null)
    test (count $found) -gt 0; or return
    set -l head (string split -m 1 ' ' -- $found[1])
    switch $head[1]
        case files folders
            set -l size (string length -- "$head[2]")
            set -l part (string sub -s (math $size + 1) -- "$words[-1]")
            for path in (__fish_complete_path "$part")
                echo "$head[2]$path"
            end
        case programs
            __fish_complete_command
        case '*'
            string join \n -- $found[2..-1]
    end
end
complete -c @PROGRAM@ -f -a '(@FUNCTION@)'
)";

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

/// A name that every shell takes for a function's.
std::string function_name(std::string_view program) {
  std::string result = "_stint_complete_";
  for (const char c : program) {
    result += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  }
  return result;
}

}  // namespace

std::string completion_script(std::string_view shell, std::string_view program) {
  std::string script{kBash};
  if (shell == "zsh") script = kZsh;
  if (shell == "fish") script = kFish;
  replace_all(script, "@FUNCTION@", function_name(program));
  replace_all(script, "@PROGRAM@", program);
  return script;
}

}  // namespace stint::cli
