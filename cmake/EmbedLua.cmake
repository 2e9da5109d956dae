# stint_embed_lua(<target> <backend>): turn src/backends/<backend>/scripts/*.lua into the private header
# stint_generated/<backend>_lua.hpp, made anew whenever a file changes, comes or goes.
function(stint_embed_lua target backend)
  set(folder "${PROJECT_SOURCE_DIR}/src/backends/${backend}")
  set(script "${PROJECT_SOURCE_DIR}/cmake/embed_lua_script.cmake")
  set(header "${PROJECT_BINARY_DIR}/generated/stint_generated/${backend}_lua.hpp")
  file(GLOB scripts CONFIGURE_DEPENDS "${folder}/scripts/*.lua")

  # The list of names goes through a file of its own: when a file goes, this is what changes.
  set(manifest "${PROJECT_BINARY_DIR}/generated/${backend}_lua.list")
  list(JOIN scripts "\n" script_lines)
  file(CONFIGURE OUTPUT "${manifest}" CONTENT "${script_lines}\n" @ONLY)

  add_custom_command(
    OUTPUT "${header}"
    COMMAND "${CMAKE_COMMAND}" -D "BACKEND=${backend}" -D "FOLDER=${folder}" -D "HEADER=${header}" -P
            "${script}"
    DEPENDS "${script}" "${PROJECT_SOURCE_DIR}/cmake/embed_literals.cmake" "${manifest}" ${scripts}
    COMMENT "Embedding the scripts of ${backend}"
    VERBATIM)
  target_sources(${target} PRIVATE "${header}")
  set_property(GLOBAL APPEND PROPERTY STINT_EMBEDDED_HEADERS "${header}")
endfunction()
