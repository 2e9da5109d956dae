# How this project makes programs and tests.

# What sources inside the project see beyond the public headers: src/, the generated headers and the
# private dependencies. Never exported.
add_library(stint_internal INTERFACE)
target_include_directories(stint_internal INTERFACE "${PROJECT_SOURCE_DIR}/src"
                                                    "${PROJECT_BINARY_DIR}/generated")
target_include_directories(stint_internal SYSTEM INTERFACE "${STINT_LIBDW_INCLUDE_DIR}"
                                                           "${STINT_HIREDIS_INCLUDE_DIR}")
target_link_libraries(
  stint_internal INTERFACE stint_warnings spdlog::spdlog tomlplusplus::tomlplusplus
                           SQLite::SQLite3 PkgConfig::STINT_LIBPQ PkgConfig::STINT_MICROHTTPD
                           Threads::Threads)

# stint_unite_by_folder(<target>): where CMAKE_UNITY_BUILD is on, compile some sources of a folder as
# one: that takes a quarter of the time. Sources of two folders are never joined, so that a new file
# moves only its neighbours.
function(stint_unite_by_folder target)
  get_target_property(sources ${target} SOURCES)
  list(SORT sources)
  set(last "")
  foreach(source IN LISTS sources)
    cmake_path(ABSOLUTE_PATH source OUTPUT_VARIABLE path)
    cmake_path(RELATIVE_PATH path BASE_DIRECTORY "${PROJECT_SOURCE_DIR}")
    cmake_path(GET path PARENT_PATH folder)
    if(NOT folder STREQUAL last)
      set(last "${folder}")
      set(count 0)
    endif()
    math(EXPR batch "${count} / 16")
    math(EXPR count "${count} + 1")
    string(MAKE_C_IDENTIFIER "${folder}_${batch}" group)
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP "${group}")
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()

# Every program that users run; benches and tests are not among them.
add_custom_target(stint_programs)

# stint_add_program(<name> <source>...): a program of the library's users, <build>/bin/<name>.
function(stint_add_program name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE stint::stint stint_warnings)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${STINT_BIN_DIR}")
  add_dependencies(stint_programs ${name})
endfunction()

# stint_add_tests(<name> LABEL <label> TIMEOUT <seconds a test> SOURCES <source>...): a GoogleTest
# program that sees the library's inside, its tests known to ctest under the label. Without sources
# there is no program.
function(stint_add_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES")
  if(NOT arg_SOURCES)
    return()
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE stint_test_support)
  stint_unite_by_folder(${name})
  # ctest runs each test under the census, which fails it for any process that it leaves behind.
  set_target_properties(${name} PROPERTIES CROSSCOMPILING_EMULATOR
                                           "${STINT_TEST_PROGRAM_DIR}/census")
  add_dependencies(${name} stint_test_census)
  gtest_discover_tests(
    ${name}
    DISCOVERY_MODE PRE_TEST
    DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()
