# Run by `cmake --install`: the manual page and the completions, as the program that was built, `stint_program_file`,
# prints them.
set(share "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/share")
foreach(
  text IN
  ITEMS "man/man1/stint.1=help;--man" "bash-completion/completions/stint=completion;bash"
        "zsh/vendor-completions/_stint=completion;zsh"
        "fish/vendor_completions.d/stint.fish=completion;fish")
  string(REGEX MATCH "^([^=]*)=(.*)$" text "${text}")
  set(file "${share}/${CMAKE_MATCH_1}")
  set(words ${CMAKE_MATCH_2})
  # Settings of whoever installs have no part in it.
  execute_process(
    COMMAND "${CMAKE_COMMAND}" -E env --unset=STINT_SETTINGS "${stint_program_file}" ${words}
    WORKING_DIRECTORY "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}"
    OUTPUT_VARIABLE printed COMMAND_ERROR_IS_FATAL ANY)
  file(WRITE "${file}" "${printed}")
endforeach()
