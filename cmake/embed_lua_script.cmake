# Run at build time by stint_embed_lua: write one header with the text of every .lua file.
#   BACKEND  namespace of the constants
#   FOLDER   holds scripts/
#   HEADER   the file to write
cmake_minimum_required(VERSION 3.25)

include("${CMAKE_CURRENT_LIST_DIR}/embed_literals.cmake")

file(GLOB scripts "${FOLDER}/scripts/*.lua")
list(SORT scripts)

set(body "")
foreach(file IN LISTS scripts)
  get_filename_component(stem "${file}" NAME_WLE)
  if(NOT stem MATCHES "^[a-z][a-z0-9_]*$")
    message(FATAL_ERROR "${file}: the name becomes a constant: use lower case, digits and _")
  endif()
  read_as_literals(literals "${file}")
  # By this the server knows the script.
  file(SHA1 "${file}" hash)
  string(APPEND body
         "inline constexpr ::stint::LuaFile ${stem}{\n    \"${stem}\",\n    \"${hash}\",\n    ${literals}};\n\n")
endforeach()

file(
  WRITE "${HEADER}"
  "// Generated from src/backends/${BACKEND} by cmake/embed_lua_script.cmake; edit the .lua files.
#pragma once

#include \"base/lua_file.hpp\"

namespace stint::${BACKEND}::lua {

${body}}  // namespace stint::${BACKEND}::lua
")
