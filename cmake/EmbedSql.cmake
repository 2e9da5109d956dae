# stint_embed_sql(<target> <backend>): turn src/backends/<backend>/queries/*.sql and
# migrations/*.up.sql into the private header stint_generated/<backend>_sql.hpp, made anew whenever
# a file changes, comes or goes.
function(stint_embed_sql target backend)
  set(folder "${PROJECT_SOURCE_DIR}/src/backends/${backend}")
  set(script "${PROJECT_SOURCE_DIR}/cmake/embed_sql_script.cmake")
  set(header "${PROJECT_BINARY_DIR}/generated/stint_generated/${backend}_sql.hpp")
  file(GLOB queries CONFIGURE_DEPENDS "${folder}/queries/*.sql")
  file(GLOB migrations CONFIGURE_DEPENDS "${folder}/migrations/*.up.sql")

  # The list of names goes through a file of its own: when a file goes, this is what changes.
  set(manifest "${PROJECT_BINARY_DIR}/generated/${backend}_sql.list")
  list(JOIN queries "\n" query_lines)
  list(JOIN migrations "\n" migration_lines)
  file(CONFIGURE OUTPUT "${manifest}" CONTENT "${query_lines}\n--\n${migration_lines}\n" @ONLY)

  add_custom_command(
    OUTPUT "${header}"
    COMMAND "${CMAKE_COMMAND}" -D "BACKEND=${backend}" -D "FOLDER=${folder}" -D "HEADER=${header}" -P
            "${script}"
    DEPENDS "${script}" "${PROJECT_SOURCE_DIR}/cmake/embed_literals.cmake" "${manifest}" ${queries}
            ${migrations}
    COMMENT "Embedding the SQL of ${backend}"
    VERBATIM)
  target_sources(${target} PRIVATE "${header}")
  set_property(GLOBAL APPEND PROPERTY STINT_EMBEDDED_HEADERS "${header}")
endfunction()
