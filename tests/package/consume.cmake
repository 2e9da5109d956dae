# Configure, build and run one consumer of the project from nothing.
#   CONSUMER        the folder beside this file
#   BINARY_DIR      where it is built
#   ONLY_CONFIGURE  do not build it
#   PREFIX          where the project is installed, for find_package
#   DEBIAN_PREFIX   the same of the Debian package for developers, which has no program; where there
#                   is one, it is taken
cmake_minimum_required(VERSION 3.25)

set(stint "${PREFIX}/bin/stint")
if(DEBIAN_PREFIX AND EXISTS "${DEBIAN_PREFIX}")
  set(PREFIX "${DEBIAN_PREFIX}")
endif()
file(REMOVE_RECURSE "${BINARY_DIR}")
execute_process(
  COMMAND
    "${CMAKE_COMMAND}" -G Ninja -S "${CMAKE_CURRENT_LIST_DIR}/${CONSUMER}" -B "${BINARY_DIR}"
    "-DCMAKE_CXX_COMPILER=${CMAKE_CXX_COMPILER}" "-DCMAKE_CXX_FLAGS=${CMAKE_CXX_FLAGS}"
    "-DCMAKE_CXX_COMPILER_LAUNCHER=${CMAKE_CXX_COMPILER_LAUNCHER}" "-DCMAKE_PREFIX_PATH=${PREFIX}"
    "-DCMAKE_COMPILE_WARNING_AS_ERROR=${CMAKE_COMPILE_WARNING_AS_ERROR}"
    "-DCMAKE_UNITY_BUILD=${CMAKE_UNITY_BUILD}"
    "-DSTINT_SOURCE_DIR=${STINT_SOURCE_DIR}" COMMAND_ERROR_IS_FATAL ANY)
if(ONLY_CONFIGURE)
  file(REMOVE_RECURSE "${BINARY_DIR}")
  return()
endif()
execute_process(COMMAND "${CMAKE_COMMAND}" --build "${BINARY_DIR}" COMMAND_ERROR_IS_FATAL ANY)

# It takes the store from the environment, as a deployed program would.
set(ENV{STINT_STORE} "sqlite:${BINARY_DIR}/jobs.db")
execute_process(COMMAND "${BINARY_DIR}/consumer" OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
if(NOT said STREQUAL "6 x 7 = 42\n")
  message(FATAL_ERROR "the consumer printed \"${said}\"")
endif()

# Run the words behind, which must print what stands first.
function(expect expected)
  execute_process(COMMAND ${ARGN} OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  if(NOT said STREQUAL expected)
    message(FATAL_ERROR "${ARGN} printed \"${said}\"")
  endif()
endfunction()

# A module that was built with what is installed, or with the subdirectory, by a program of the user.
set(ENV{STINT_MODULES_DIRECTORIES} "${BINARY_DIR}")
expect("6 x 7 = 42\n42\n" "${BINARY_DIR}/loader" run shipped.multiply --a 6 --run-once --module shipped)
if(PREFIX)
  # By the installed program: with that module, and with the one that it brings.
  set(ENV{STINT_MODULES_LOAD} shipped)
  expect("2\n" "${stint}" enqueue shipped.multiply a=5)
  foreach(isolation IN ITEMS thread process)
    expect("" "${stint}" worker run --drain --isolation ${isolation})
  endforeach()
  execute_process(COMMAND "${stint}" job logs 2 OUTPUT_VARIABLE said COMMAND_ERROR_IS_FATAL ANY)
  if(NOT said MATCHES "5 x 7 = 35")
    message(FATAL_ERROR "the job of the module left \"${said}\"")
  endif()
  unset(ENV{STINT_MODULES_LOAD})
  unset(ENV{STINT_MODULES_DIRECTORIES})
  expect("line 1\n" "${stint}" run noop.print --lines 1 --run-once --module noop)
endif()
file(REMOVE_RECURSE "${BINARY_DIR}")
