# Run at build time by stint_embed_sql: write one header with the text of every .sql file.
#   BACKEND  namespace of the constants
#   FOLDER   holds queries/ and migrations/
#   HEADER   the file to write
cmake_minimum_required(VERSION 3.25)

include("${CMAKE_CURRENT_LIST_DIR}/embed_literals.cmake")

file(GLOB queries "${FOLDER}/queries/*.sql")
file(GLOB migrations "${FOLDER}/migrations/*.up.sql")
list(SORT queries)
list(SORT migrations)

set(body "")
set(pointers "")
foreach(file IN LISTS queries)
  get_filename_component(stem "${file}" NAME_WLE)
  if(NOT stem MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${file}: the name becomes a constant: use lower case, digits and _")
  endif()
  read_as_literals(literals "${file}")
  string(APPEND body "inline constexpr ::stint::SqlFile ${stem}{\n    \"${stem}\",\n    ${literals}};\n\n")
  string(APPEND pointers "\n    &${stem},")
endforeach()

set(entries "")
set(expected 1)
foreach(file IN LISTS migrations)
  get_filename_component(name "${file}" NAME)
  if(NOT name MATCHES "^([0-9][0-9][0-9])_[a-z0-9_]+\\.up\\.sql$")
    message(FATAL_ERROR "${file}: a migration is named NNN_name.up.sql")
  endif()
  set(number "${CMAKE_MATCH_1}")
  string(REGEX REPLACE "^0+" "" plain "${number}")
  if(NOT plain EQUAL expected)
    message(FATAL_ERROR "${file}: the next migration has number ${expected}; numbers leave no gap")
  endif()
  math(EXPR expected "${expected} + 1")
  string(REGEX REPLACE "\\.up\\.sql$" "" name "${name}")
  read_as_literals(literals "${file}")
  string(APPEND entries "\n    ::stint::SqlFile{\n    \"${name}\",\n    ${literals}},")
endforeach()

list(LENGTH queries query_count)
list(LENGTH migrations migration_count)
file(
  WRITE "${HEADER}"
  "// Generated from src/backends/${BACKEND} by cmake/embed_sql_script.cmake; edit the .sql files.
#pragma once

#include <array>

#include \"base/sql_file.hpp\"

namespace stint::${BACKEND}::sql {

${body}/// Every statement, by name.
inline constexpr std::array<const ::stint::SqlFile*, ${query_count}> kQueries{${pointers}};

/// Every migration, in the order of their numbers.
inline constexpr std::array<::stint::SqlFile, ${migration_count}> kMigrations{${entries}};

}  // namespace stint::${BACKEND}::sql
")
